import { mkdir, writeFile } from 'node:fs/promises';
import { optimPages, optimPictures } from './pages.js';

const home = new URL('../../../packages/plugins/optim/', import.meta.url);

await mkdir(new URL('docs/paths/', home), { recursive: true });
for (const [path, content] of [...(await optimPictures()), ...(await optimPages(home))])
  await writeFile(new URL(path, home), content);
