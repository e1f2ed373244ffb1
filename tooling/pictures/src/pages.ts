import { readFile } from 'node:fs/promises';
import type { Component, OptionInfo } from '@core/registry';
import { drawPaths, type PathPanel } from '@plugins/optim/paths';
import { hasBlock, table, withBlock } from './blocks.js';
import { componentsOf, componentTable, functionName } from './components.js';
import { costsOf, rounded, side, type Costs } from './costs.js';
import { optimizerOf, registry, settingsOf, shown } from './optimizers.js';
import { overview, panelsOf, pictureOf, plans } from './pictures.js';

/** Files by their path inside a package. */
export type Files = ReadonlyMap<string, string>;

/** The tables and sections of optim's pages, as they should be; `home` is the package's folder. */
export async function optimPages(home: URL): Promise<Files> {
  const read = (path: string): Promise<string> => readFile(new URL(path, home), 'utf8');
  let readme = await read('README.md');
  for (const kind of ['optimizer', 'schedule', 'solver', 'report'])
    readme = await withBlock(readme, `${kind}s`, componentTable(kind));

  let page = await read('docs/optimizers.md');
  const rows: (readonly string[])[] = [];
  for (const [id, component] of componentsOf('optimizer')) {
    const costs = costsOf(await optimizerOf(id));
    rows.push(costRow(id, component, costs));
    // A component that nobody has written about has a section of its own all the same.
    if (!hasBlock(page, id)) page = `${page.trimEnd()}\n\n${emptySection(id, component)}`;
    page = await withBlock(page, id, facts(id, component, costs, (await registry.describe(`optim/${id}`)).options)); // prettier-ignore
  }
  const head = ['optimizer', 'made with', 'bytes of state a parameter', 'operations a parameter and step'];
  page = await withBlock(page, 'costs', table(head, rows));
  return new Map([['README.md', readme], ['docs/optimizers.md', page]]); // prettier-ignore
}

/** The pictures of optim's pages. */
export async function optimPictures(): Promise<Files> {
  const files = new Map<string, string>();
  const all: PathPanel[] = [];
  for (const [name, plan] of Object.entries(plans())) {
    const panels = await panelsOf(plan);
    all.push(...panels);
    files.set(`docs/paths/${name}.svg`, drawPaths(panels));
  }
  return files.set('docs/paths/overview.svg', overview(all));
}

function costRow(id: string, { title }: Component, { bytes, operations }: Costs): readonly string[] {
  return [`[${title}](#${anchor(title)})`, settingsOf(id), rounded(bytes), rounded(operations)];
}

/** A heading's anchor, as GitHub makes it. */
function anchor(title: string): string {
  return title.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-'); // prettier-ignore
}

/** What a program can say of an optimizer. */
function facts(
  id: string,
  { title, paper }: Component,
  { bytes, operations }: Costs,
  options: readonly OptionInfo[] = [],
): string {
  const name = functionName(id);
  const defaults = options
    // weightDecayOn is the same everywhere; null is said in words.
    .filter(
      (option) => option.default !== undefined && option.default !== null && option.name !== 'weightDecayOn',
    ) // prettier-ignore
    .map((option) => `${option.name} ${shown(option.default)}`);
  const made = settingsOf(id);
  return [
    `![The path of ${title}](paths/${pictureOf(id)}.svg)`,
    '',
    `- Names: ${name === undefined ? '' : `\`${name}\`, `}\`optim/${id}\``,
    `- Defaults: ${defaults.join(', ')}`,
    `- Costs${made === '' ? '' : ` (${made})`}: ${rounded(bytes)} bytes of state and ${rounded(operations)} operations for each parameter of a ${side} × ${side} matrix`,
    ...(paper === undefined ? [] : [`- Paper: [${paper.title}](${paper.url}), ${paper.year}`]),
  ].join('\n');
}

function emptySection(id: string, { title, summary }: Component): string {
  return `## ${title}\n\n${summary}\n\n<!-- made by pnpm pictures: ${id} -->\n<!-- end -->\n`;
}
