import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { chromiumPath, openBrowser, servePage } from '../build/page.mjs';

const executable = chromiumPath();
let served: Awaited<ReturnType<typeof servePage>> | undefined;
let browser: Awaited<ReturnType<typeof openBrowser>> | undefined;
const problems: string[] = [];

beforeAll(async () => {
  if (executable === undefined) {
    const missing = 'there is no Chromium; run: apt-get install chromium (or set CHROMIUM to its path)';
    if (process.env['CI'] !== undefined) throw new Error(missing);
    console.log(`The page is not tested: ${missing}`);
    return;
  }
  served = await servePage();
  browser = await openBrowser(executable);
  browser.page.setDefaultTimeout(15_000);
  browser.page.on('pageerror', (error) => problems.push(String(error)));
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await served?.close();
});

/** A test with the page freshly loaded; where there is no browser nothing runs, which was said above. */
function onPage(name: string, test: (page: Page) => Promise<void>): void {
  it(
    name,
    async () => {
      if (browser === undefined || served === undefined) return;
      problems.length = 0;
      await browser.page.goto(served.url);
      await browser.page
        .getByRole('button', { name: 'Train' })
        .and(browser.page.locator(':enabled'))
        .waitFor();
      await test(browser.page);
      expect(problems).toEqual([]);
    },
    120_000,
  );
}

async function choose(page: Page, backend: string, epochs: number): Promise<void> {
  await page.locator(`input[value=${backend}]`).check();
  await page.getByLabel('epochs', { exact: true }).fill(String(epochs));
}

async function trained(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Train' }).click();
  const status = page.locator('#status.done, #status.error');
  await status.waitFor({ timeout: 100_000 });
  return status.innerText();
}

/** Losses as drawn: lower is further down the picture. */
async function drawn(page: Page, curve: string): Promise<number[]> {
  const points = (await page.locator(`polyline.${curve}`).getAttribute('points')) ?? '';
  return points.split(' ').map((point) => Number(point.split(',')[1]));
}

async function expectLearned(page: Page, status: string): Promise<void> {
  expect(status).toMatch(/^Done after \d+\.\d s, \d+ of 1000 test digits misread\.$/);
  const heights = await drawn(page, 'mean');
  expect(heights.length).toBeGreaterThanOrEqual(60);
  expect(heights.at(-1)! - heights[0]!).toBeGreaterThan(100);
  expect(Number((await page.locator('#loss').innerText()).trim())).toBeLessThan(1.2);
  expect(parseFloat(await page.locator('#accuracy').innerText())).toBeGreaterThan(80);

  // Every digit shown was misread, has a picture with ink, and says what it is.
  const wrong = page.locator('#mistakes li');
  const count = await wrong.count();
  expect(count).toBe(Math.min(48, Number(/(\d+) of 1000/.exec(status)![1])));
  for (const text of await wrong.allInnerTexts()) {
    const [, read, truth] = /^read as (\d)\s+is (\d)$/.exec(text.trim())!;
    expect(read).not.toBe(truth);
  }
  const ink = await page.evaluate<number[]>(
    `[...document.querySelectorAll('#mistakes canvas')].map((canvas) =>
      canvas.getContext('2d').getImageData(0, 0, 28, 28).data.filter((value, i) => i % 4 === 3 && value > 128).length)`,
  );
  expect(ink).toHaveLength(count);
  for (const inked of ink) expect(inked).toBeGreaterThan(10);
}

describe('the page', () => {
  onPage('learns on the CPU, draws the loss and what it got wrong', async (page) => {
    await choose(page, 'cpu', 2);
    await expectLearned(page, await trained(page));
    await expect(page.locator('#backend-note').innerText()).resolves.toMatch(/^cpu: WebAssembly SIMD/);
    expect(await drawn(page, 'tests')).toHaveLength(2);
    await expect(page.locator('#chart text.title').allTextContents()).resolves.toEqual(['epochs', 'loss']);
  });

  onPage('learns with convolutions', async (page) => {
    await choose(page, 'cpu', 1);
    await page.locator('select[name=network]').selectOption('convolutional');
    await expectLearned(page, await trained(page));
  });

  onPage('is driven by the keyboard, answers while it trains, and stops', async (page) => {
    await choose(page, 'cpu', 50);
    await page.getByLabel('epochs', { exact: true }).press('Enter');
    await page.locator('#mistakes li').first().waitFor();
    // The stop button has the focus, and Escape is another way.
    expect(await page.evaluate('document.activeElement.id')).toBe('stop');
    const asked = performance.now();
    await page.keyboard.press('Escape');
    await page.locator('#status.done').waitFor();
    expect(performance.now() - asked).toBeLessThan(5000);
    await expect(page.locator('#status').innerText()).resolves.toMatch(/^Stopped after/);
    expect(Number(await page.locator('#progress').getAttribute('value'))).toBeLessThan(1);
    expect(await page.evaluate('document.activeElement.id')).toBe('start');
  });

  onPage('learns on the kernels of tfjs', async (page) => {
    await choose(page, 'tfjs', 1);
    await expectLearned(page, await trained(page));
    await expect(page.locator('#backend-note').innerText()).resolves.toMatch(/^tfjs: .*wasm engine/);
  });

  onPage('learns on WebGPU, whose adapter it names', async (page) => {
    await expect(
      page.evaluate('navigator.gpu.requestAdapter().then((adapter) => adapter.info.vendor)'),
    ).resolves.toBe('google');
    const choice = page.locator('.choice', { hasText: 'WebGPU' });
    await expect(choice.innerText()).resolves.toContain('swiftshader, a program on the processor');
    await choose(page, 'webgpu', 1);
    const status = await trained(page);
    await expectLearned(page, status);
    await expect(page.locator('#backend-note').innerText()).resolves.toMatch(/^webgpu: /);
  });

  onPage('says why a backend is not there', async (page) => {
    await page.addInitScript("Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined })");
    await page.reload();
    const choice = page.locator('.choice.absent');
    await choice.waitFor();
    await expect(choice.innerText()).resolves.toMatch(
      /^WebGPU\s+not here: this browser has no WebGPU; recent versions/,
    );
    expect(await choice.locator('input').isDisabled()).toBe(true);
  });
});
