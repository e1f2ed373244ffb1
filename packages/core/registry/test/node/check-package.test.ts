import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/index.js';
import { checkPackage } from '../../src/node.js';
import { App, importedManifests, pluginPackage, type Files } from './app.js';

const manifest = `export default { contract: 1, name: 'good', version: '1.0.0', components: {} };`;
const fields = {
  keywords: ['trellis-plugin'],
  sideEffects: false,
  exports: { '.': './index.js', './plugin': './plugin.js' },
  peerDependencies: { '@core/registry': '^0.1.0' },
};

async function problems(more: object, files: Files): Promise<string[]> {
  using app = new App({});
  app.install('good', pluginPackage({ ...fields, ...more }), { 'index.js': '', ...files });
  const found = await checkPackage(join(app.directory, 'node_modules/good'));
  return found.map((problem) => formatProblem(problem).replaceAll(app.directory, '<app>'));
}

afterEach(() => {
  importedManifests();
});

describe('checkPackage', () => {
  it('finds nothing in a package that keeps the contract', async () => {
    const lazy = `import { a } from './chunk.js'; const load = () => import('@core/tensor');`;
    expect(
      await problems({}, { 'plugin.js': `${lazy}\n${manifest}`, 'chunk.js': 'export const a = 1;' }),
    ).toEqual([]);
  });

  it('says what package.json lacks', async () => {
    expect(
      await problems(
        { keywords: [], sideEffects: true, exports: { './plugin': './plugin.js' }, peerDependencies: {} },
        { 'plugin.js': manifest },
      ),
    ).toEqual([
      'keywords: lack trellis-plugin, by which plugins are found on npm',
      'sideEffects: is not false; bundlers would keep all of the package',
      'exports: lack .',
      'peerDependencies: lack @core/registry; a copy of its own would not share kinds',
    ]);
    expect(await problems({ trellis: undefined }, {})).toEqual([
      'trellis: is missing; write { "contract": 1, "plugin": "./plugin" }',
    ]);
    expect(await problems({}, {})).toEqual([
      'trellis.plugin: <app>/node_modules/good/plugin.js does not exist; was the package built?',
    ]);
    expect(
      formatProblem((await checkPackage('nowhere'))[0] ?? { code: 'PLUGIN', path: '', message: '' }),
    ).toMatch(/^package.json: .*ENOENT/);
  });

  it('weighs the manifest with its chunks, and finds what it drags in', async () => {
    const heavy = {
      'plugin.js': `import './chunk.js';\n${manifest}`,
      'chunk.js': `/* ${'x'.repeat(20_000)} */`,
    };
    expect(await problems({}, heavy)).toEqual([
      expect.stringMatching(/^manifest: weighs 20\d+ bytes with its chunks; the limit is 20000$/),
    ]);
    const dragging = {
      'plugin.js': `export * from './chunk.js';\n${manifest}`,
      'chunk.js': `import{zeros}from"@core/tensor";export{zeros};`,
    };
    expect((await problems({}, dragging))[0]).toBe(
      'manifest: chunk.js imports @core/tensor; leave that to the modules that load() imports',
    );
  });

  it('imports the manifest and sees what that does', async () => {
    expect(await problems({}, { 'plugin.js': `globalThis.trellisImported = [];\n${manifest}` })).toEqual([
      'manifest: importing it sets globalThis.trellisImported',
    ]);
    expect(await problems({}, { 'plugin.js': `throw new Error('boo')` })).toEqual([
      'manifest: importing it failed: boo',
    ]);
    expect(await problems({ version: '1.1.0' }, { 'plugin.js': manifest })).toEqual([
      'version: of the manifest is 1.0.0, of the package 1.1.0',
    ]);
  });
});
