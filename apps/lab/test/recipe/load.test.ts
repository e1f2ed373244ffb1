import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRecipe } from '../../src/recipe/load.js';
import { lab, project } from '../support/harness.js';

const data = { dataset: { use: 'toy/stripes' }, epochs: 2 };

test('YAML and JSON keep positions for messages', async () => {
  const cwd = project({
    'a.yaml': 'epochs: 2\ndataset:\n  use: toy/stripes\n',
    'b.json': JSON.stringify(data),
  });
  const yaml = await loadRecipe('a.yaml', [], cwd);
  expect(yaml).toMatchObject({ name: 'a', file: join(cwd, 'a.yaml') });
  expect(yaml.recipe.data).toEqual(data);
  expect(yaml.recipe.positions['dataset.use']).toEqual({ line: 3, column: 3 });
  expect((await loadRecipe('b.json', [], cwd)).recipe.data).toEqual(data);
});

test.each(['r.ts', 'r.mts', 'r.mjs', 'r.js'])('a module is loaded: %s', async (name) => {
  const typed = name.endsWith('ts');
  const cwd = project({
    'package.json': '{ "type": "module" }',
    [typed ? 'part.ts' : 'part.js']: `export const epochs${typed ? ': number' : ''} = 2;`,
    [name]: `${typed ? 'interface Unused { a: string }\n' : ''}import { epochs } from './part.${typed ? 'ts' : 'js'}';
      export default { dataset: { use: 'toy/stripes' }, epochs${typed ? ' } satisfies object' : ' }'};`,
  });
  const loaded = await loadRecipe(name, [], cwd);
  expect(loaded.recipe.data).toEqual(data);
  expect(loaded.name).toBe('r');
});

test('what defineRecipe makes is a recipe too', async () => {
  const cwd = project({ 'r.mjs': `export default { data: ${JSON.stringify(data)}, positions: {} };` });
  expect((await loadRecipe('r.mjs', [], cwd)).recipe.data).toEqual(data);
});

test('--set is applied in order, to modules as well', async () => {
  const cwd = project({ 'r.mjs': `export default ${JSON.stringify(data)};` });
  const { recipe } = await loadRecipe('r.mjs', ['epochs=3', 'dataset.noise=0.5', 'epochs=4'], cwd);
  expect(recipe.data).toEqual({ dataset: { use: 'toy/stripes', noise: 0.5 }, epochs: 4 });
});

test('modules that are no recipe say why', async () => {
  const cwd = project({
    'none.mjs': 'export const a = 1;',
    'torn.ts': 'export default {',
    'list.mjs': 'export default [1];',
    'throws.mjs': 'throw new Error("no data today");',
  });
  const failure = async (name: string): Promise<string> => (await lab(['run', name], { cwd })).stderr;
  expect(await failure('none.mjs')).toContain('none.mjs: has no default export');
  expect(await failure('torn.ts')).toContain('torn.ts: cannot be imported');
  expect(await failure('list.mjs')).toContain('a recipe is an object');
  expect(await failure('throws.mjs')).toContain('throws.mjs: cannot be imported: no data today');
});
