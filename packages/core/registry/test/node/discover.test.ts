import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/index.js';
import { discover } from '../../src/node.js';
import { refusal } from '../support/errors.js';
import { App, importedManifests, manifestText, pluginPackage } from './app.js';

describe('discover', () => {
  it('finds an app’s plugins by name, and imports nothing', async () => {
    using app = new App({
      dependencies: { zebra: '^1.0.0', plain: '^1.0.0', 'not-installed': '*' },
      optionalDependencies: { absent: '*' },
      devDependencies: { '@scope/ant': '*' },
    });
    app
      .install('zebra', pluginPackage(), { 'plugin.js': manifestText('zebra') })
      .install('@scope/ant', pluginPackage({ version: '2.1.0' }), { 'plugin.js': manifestText('ant') })
      .install('plain', { version: '1.0.0' })
      .install('transitive', pluginPackage(), { 'plugin.js': manifestText('transitive') });
    expect(await discover(app.directory)).toEqual(
      [
        { package: '@scope/ant', packageVersion: '2.1.0' },
        { package: 'zebra', packageVersion: '1.0.0' },
      ].map((one) => {
        const directory = join(app.directory, 'node_modules', one.package);
        return { ...one, directory, file: join(directory, 'plugin.js') };
      }),
    );
    expect(importedManifests()).toEqual([]);
  });

  it('finds what is installed further up, and what pnpm links', async () => {
    using app = new App({ private: true });
    app
      .write({ 'apps/lab/package.json': { dependencies: { up: '*', linked: '*' } } })
      .install('up', pluginPackage(), { 'plugin.js': '' })
      .write({
        'store/linked/package.json': { name: 'linked', ...pluginPackage() },
        'store/linked/plugin.js': '',
      })
      .link('linked', join(app.directory, 'store', 'linked'));
    const found = await discover(join(app.directory, 'apps/lab'));
    expect(found.map(({ file }) => file)).toEqual([
      join(app.directory, 'store/linked/plugin.js'),
      join(app.directory, 'node_modules/up/plugin.js'),
    ]);
  });

  it('reads exports by conditions, and takes packages without exports by their files', async () => {
    using app = new App({ dependencies: { both: '*', bare: '*' } });
    const exports = {
      './plugin': {
        source: './plugin.ts',
        import: { types: './p.d.ts', default: './esm.js' },
        require: './cjs.cjs',
      },
    };
    app
      .install('both', pluginPackage({ exports }), { 'esm.js': '', 'plugin.ts': '' })
      .install('bare', pluginPackage({ exports: undefined, trellis: { contract: 1, plugin: './main.js' } }), {
        'main.js': '',
      });
    const names = async (options = {}): Promise<unknown[]> =>
      (await discover(app.directory, options)).map(({ file }) => file?.split(/[\\/]/).at(-1));
    expect(await names()).toEqual(['main.js', 'esm.js']);
    expect(await names({ conditions: ['source'] })).toEqual(['main.js', 'plugin.ts']);
  });

  it('takes several apps, and counts a package once', async () => {
    using app = new App({ dependencies: { one: '*' } });
    app
      .install('one', pluginPackage(), { 'plugin.js': '' })
      .write({ 'sub/package.json': { dependencies: { one: '*' } } });
    expect(await discover([app.directory, join(app.directory, 'sub')])).toHaveLength(1);
  });

  it.each([
    ['field', { trellis: true }, 'trellis: is true; it is { "contract": 1, "plugin": "./plugin" }'],
    [
      'contract',
      { trellis: { contract: 2, plugin: './plugin' } },
      'trellis.contract: is 2; this registry speaks contract 1',
    ],
    [
      'entry',
      { trellis: { contract: 1, plugin: 'plugin' } },
      'trellis.plugin: is "plugin"; it is a key of the package\'s exports, such as "./plugin"',
    ],
    [
      'export',
      { exports: { '.': './index.js' } },
      'exports: Missing "./plugin" specifier in "broken" package',
    ],
    [
      'condition',
      { exports: { './plugin': { deno: './plugin.js' } } },
      'exports: No known conditions for "./plugin" specifier in "broken" package',
    ],
    [
      'file',
      { exports: { './plugin': './gone.js' } },
      /^trellis.plugin: .*gone.js does not exist; was the package built\?$/,
    ],
    [
      'escape',
      { exports: { './plugin': '../../package.json' } },
      'trellis.plugin: ../../package.json lies outside of the package',
    ],
  ])('keeps a package with a broken %s, with the reason', async (_, more, message) => {
    using app = new App({ dependencies: { broken: '*' } });
    app.install('broken', pluginPackage(more), { 'plugin.js': '' });
    const [one] = await discover(app.directory);
    expect(one?.file).toBeUndefined();
    expect(one?.failure && formatProblem(one.failure)).toMatch(message);
  });

  it('keeps a package whose package.json is damaged', async () => {
    using app = new App({ dependencies: { broken: '*', fine: '*' } });
    app
      .install('fine', pluginPackage(), { 'plugin.js': '' })
      .write({ 'node_modules/broken/package.json': '{ "name": ' });
    const [broken, fine] = await discover(app.directory);
    expect(broken?.failure?.message).toMatch(/broken.package.json: .*JSON/);
    expect(fine?.failure).toBeUndefined();
  });

  it('refuses an app without a readable package.json', async () => {
    using app = new App({});
    const missing = join(app.directory, 'nowhere');
    expect(await refusal(() => discover(missing))).toMatch(
      /^PLUGIN: discover: the app has no readable package.json: .*ENOENT/,
    );
  });
});
