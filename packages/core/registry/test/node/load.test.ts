import { describe, expect, it } from 'vitest';
import { createRegistry, formatProblem } from '../../src/index.js';
import { discover, loadDiscovered, type LoadOptions } from '../../src/node.js';
import { App, importedManifests, manifestText, pluginPackage } from './app.js';

const load = async (app: App, options?: LoadOptions) =>
  loadDiscovered(await discover(app.directory), options);

describe('loadDiscovered', () => {
  it('imports manifests only, and what they offer can be made', async () => {
    using app = new App({ dependencies: { good: '*' } });
    app.install('good', pluginPackage({ exports: { './plugin': './plugin.js', '.': './index.js' } }), {
      'plugin.js': manifestText('good', `requires: { dep: '^1.0.0' }`),
      'index.js': 'globalThis.trellisImported = ["the plain API"];',
    });
    app.install('dep', { version: '1.4.0' });
    const found = await load(app);
    expect(importedManifests()).toEqual(['good']);
    expect(found).toMatchObject([{ package: 'good', packageVersion: '1.0.0', versions: { dep: '1.4.0' } }]);
    const registry = createRegistry(found);
    expect(registry.quarantined).toEqual([]);
    expect(registry.list()).toMatchObject([{ id: 'good/it', plugin: 'good@1.0.0', package: 'good' }]);
    expect((await registry.fromSpec('good/it', { kind: 'schedule' }))(0)).toBe(7);
  });

  it('takes CommonJS manifests as builds write them', async () => {
    using app = new App({ dependencies: { old: '*' } });
    app.install('old', pluginPackage({ type: 'commonjs' }), {
      'plugin.js': `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = { contract: 1, name: 'old', version: '1.0.0', components: {} };`,
    });
    expect(createRegistry(await load(app)).plugins).toEqual([
      { name: 'old', version: '1.0.0', package: 'old', components: [] },
    ]);
  });

  it('sets aside what cannot be imported, is no plugin, or lacks what it requires', async () => {
    using app = new App({
      dependencies: {
        throws: '*',
        syntax: '*',
        nothing: '*',
        number: '*',
        needy: '*',
        fine: '*',
        unbuilt: '*',
      },
    });
    app
      .install('throws', pluginPackage(), { 'plugin.js': `throw new Error('boo');` })
      .install('syntax', pluginPackage(), { 'plugin.js': `export default {` })
      .install('nothing', pluginPackage(), { 'plugin.js': `export const plugin = {};` })
      .install('number', pluginPackage(), { 'plugin.js': `export default 3;` })
      .install('needy', pluginPackage(), {
        'plugin.js': manifestText('needy', `requires: { '@gone/dep': '^1.0.0' }`),
      })
      .install('unbuilt', pluginPackage({ exports: { './plugin': './dist/plugin.js' } }))
      .install('fine', pluginPackage(), { 'plugin.js': manifestText('fine') });
    const registry = createRegistry(await load(app));
    expect(registry.plugins.map(({ name }) => name)).toEqual(['fine']);
    const reasons = registry.quarantined.map(({ plugin, problems }) =>
      `${plugin}: ${problems.map(formatProblem).join('; ')}`.replaceAll(app.directory, '<app>'),
    );
    expect(reasons).toMatchInlineSnapshot(`
      [
        "needy: requires: @gone/dep ^1.0.0, which is not installed",
        "nothing: <app>/node_modules/nothing/plugin.js has no default export; export what definePlugin returns",
        "number: the manifest is 3, not an object; export what definePlugin returns as default",
        "syntax: importing its manifest failed: Unexpected end of input",
        "throws: importing its manifest failed: boo",
        "unbuilt: trellis.plugin: <app>/node_modules/unbuilt/dist/plugin.js does not exist; was the package built?",
      ]
    `);
    importedManifests();
  });

  it('sets aside what never finishes loading, and goes on with the others', async () => {
    using app = new App({ dependencies: { waits: '*', fine: '*' } });
    app
      .install('waits', pluginPackage(), { 'plugin.js': 'await new Promise(() => {}); export default {};' })
      .install('fine', pluginPackage(), { 'plugin.js': manifestText('fine') });
    const registry = createRegistry(await load(app, { timeLimit: 500 }));
    expect(registry.plugins.map(({ name }) => name)).toEqual(['fine']);
    expect(registry.quarantined).toEqual([
      {
        plugin: 'waits',
        problems: [
          {
            code: 'PLUGIN',
            path: '',
            message:
              'importing its manifest failed: it did not finish loading within 0.5 s; does it await at its top level?',
          },
        ],
      },
    ]);
    importedManifests();
  });

  it('imports through the function given', async () => {
    using app = new App({ dependencies: { good: '*' } });
    app.install('good', pluginPackage(), { 'plugin.js': 'never read' });
    const urls: string[] = [];
    const found = await load(app, {
      import: (url) => {
        urls.push(url);
        return Promise.resolve({ default: { contract: 1, name: 'good', version: '1.0.0', components: {} } });
      },
    });
    expect(urls).toEqual([expect.stringMatching(/^file:.*\/node_modules\/good\/plugin\.js$/)]);
    expect(createRegistry(found).plugins).toHaveLength(1);
  });
});
