import { mkdir, writeFile } from 'node:fs/promises';
import { optimPages, optimPictures } from './pages.js';
import { spdNormPictures } from './spdNorm.js';

const home = new URL('../../../packages/plugins/optim/', import.meta.url);
const spdNormHome = new URL('../../../packages/plugins/spd-norm/', import.meta.url);

await mkdir(new URL('docs/paths/', home), { recursive: true });
for (const [path, content] of [...(await optimPictures()), ...(await optimPages(home))])
  await writeFile(new URL(path, home), content);

await mkdir(new URL('docs/pictures/', spdNormHome), { recursive: true });
for (const [path, content] of await spdNormPictures()) await writeFile(new URL(path, spdNormHome), content);
