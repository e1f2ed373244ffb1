import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { withBlock } from './blocks.js';
import { componentTable } from './components.js';

/** The plugin whose pages are written. */
const home = new URL('../../../packages/plugins/optim/', import.meta.url);

let readme = await readFile(new URL('README.md', home), 'utf8');
for (const kind of ['optimizer', 'schedule', 'solver', 'report'])
  readme = await withBlock(readme, `${kind}s`, componentTable(kind));
await writeFile(new URL('README.md', home), readme);
console.log(fileURLToPath(home));
