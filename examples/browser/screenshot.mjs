// `pnpm --filter @examples/browser screenshot`: builds the page, trains in it, and writes docs/page.png for the README.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromiumPath, openBrowser, servePage } from './build/page.mjs';

const executable = chromiumPath();
if (executable === undefined) {
  console.error('There is no Chromium; run: apt-get install chromium (or set CHROMIUM to its path)');
  process.exit(1);
}
const folder = join(import.meta.dirname, 'docs');
mkdirSync(folder, { recursive: true });
const served = await servePage();
const browser = await openBrowser(executable, {
  viewport: { width: 1160, height: 1000 },
  colorScheme: 'light',
});
try {
  const { page } = browser;
  await page.goto(served.url);
  await page.getByRole('button', { name: 'Train' }).click();
  await page.locator('#status.done').waitFor({ timeout: 120_000 });
  await page.screenshot({ path: join(folder, 'page.png'), fullPage: true });
  console.log(`Written: ${join(folder, 'page.png')}`);
} finally {
  await browser.close();
  await served.close();
}
