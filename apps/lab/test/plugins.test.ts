import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { appDirectory, openRegistry } from '../src/plugins.js';
import { lab, project } from './support/harness.js';
import { toy, toyRecipe } from './support/toyPlugin.js';

/** A plugin as a stranger publishes it: plain JavaScript, no imports, a Standard Schema written by hand. */
function strangersPlugin(version = '2.1.0'): Record<string, string> {
  return {
    'package.json': JSON.stringify({
      name: 'stranger-optim',
      version,
      type: 'module',
      keywords: ['trellis-plugin'],
      trellis: { contract: 1, plugin: './plugin' },
      exports: { './plugin': './plugin.js' },
    }),
    'plugin.js': `
      const config = { '~standard': { version: 1, vendor: 'stranger', validate: (value) => ({ value: { factor: 0.5, ...value } }) } };
      export default {
        contract: 1, name: 'stranger', version: '2.1.0',
        components: {
          shrink: { kind: 'optimizer', title: 'Shrink', summary: 'Follows the gradient.', config, load: () => import('./shrink.js') },
        },
      };`,
    'shrink.js': `
      const map = (value, f) => 'shape' in value ? f(value) : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, map(item, f)]));
      export const create = ({ factor }) => ({
        init: () => ({}),
        update: (grads, state) => ({ updates: map(grads, (gradient) => gradient.mul(-factor)), state }),
      });`,
  };
}

/** A user's project with the plugin under node_modules, as npm puts it there. */
function userProject(
  plugin: Record<string, string> = strangersPlugin(),
  files: Record<string, string> = {},
): string {
  const installed = Object.entries(plugin).map(
    ([name, text]) => [`node_modules/stranger-optim/${name}`, text] as const,
  );
  return project({
    'package.json': JSON.stringify({
      name: 'my-experiments',
      private: true,
      dependencies: { 'stranger-optim': '^2.0.0' },
    }),
    ...Object.fromEntries(installed),
    ...files,
  });
}

describe("a third party's plugin, installed in the user's project", () => {
  test('is listed and used by name, without a change to the app', async () => {
    const cwd = userProject(strangersPlugin(), {
      'stripes.yaml': toyRecipe
        .replaceAll('toy/sgd', 'stranger/shrink')
        .replace('learningRate: 0.001', 'factor: 0.1'),
    });
    const listed = await lab(['list', '--kind', 'optimizer'], { cwd });
    expect(listed.stdout).toMatch(/stranger 2\.1\.0 {2}stranger-optim\n/);
    expect(listed.stdout).toMatch(/stranger\/shrink +optimizer +Follows the gradient/);
    const ran = await lab(['run', 'stripes.yaml', '--out', 'run'], { cwd });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/★ +steep +100\.00 %/);
    const record = JSON.parse(readFileSync(join(cwd, 'run/run.json'), 'utf8')) as object;
    expect(record).toMatchObject({
      provenance: {
        'optimizers[0]': { use: 'stranger/shrink', plugin: 'stranger@2.1.0', config: { factor: 0.5 } },
      },
    });
  });

  test("is found from the recipe's folder too", async () => {
    const there = userProject(strangersPlugin(), {
      'recipes/stripes.yaml': toyRecipe
        .replaceAll('toy/sgd', 'stranger/shrink')
        .replace('learningRate: 0.001', 'factor: 0.1'),
    });
    const cwd = project();
    const { code } = await lab(['run', join(there, 'recipes/stripes.yaml'), '--out', 'run', '-q'], { cwd });
    expect(code).toBe(0);
  });

  test('is set aside with its reason when it is broken, and the others go on', async () => {
    const broken = { ...strangersPlugin(), 'plugin.js': 'export default { contract: 1 };' };
    const { code, stdout } = await lab(['list'], { cwd: userProject(broken) });
    expect(code).toBe(0);
    expect(stdout).toContain('toy/sgd');
    expect(stdout).toMatch(/Set aside[^\n]*\n {2}stranger-optim\n {4}\S/);
    const torn = { ...strangersPlugin(), 'plugin.js': 'export default {' };
    expect((await lab(['doctor', '--json'], { cwd: userProject(torn) })).stdout).toContain(
      'importing its manifest failed',
    );
  });

  test("that takes the name of the app's own plugin sets both aside, and a recipe that needs one is told", async () => {
    const plugin = {
      ...strangersPlugin(),
      'plugin.js': (strangersPlugin()['plugin.js'] ?? '').replace("name: 'stranger'", "name: 'optim'"),
    };
    const cwd = userProject(plugin, { 'stripes.yaml': toyRecipe.replace('toy/sgd', 'optim/sgd') });
    const { code, stderr } = await lab(['run', 'stripes.yaml', '--quiet'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /optimizers\[0\]\.use: unknown optimizer optim\/sgd: the plugin optim was set aside, because @plugins\/optim@\S+ and stranger-optim@2\.1\.0 both claim the name optim.*; remove one of them/,
    );
  });

  test('is set aside when it never finishes loading', async () => {
    const waits = { ...strangersPlugin(), 'plugin.js': 'await new Promise(() => {}); export default {};' };
    const { code, stdout } = await lab(['list'], {
      cwd: userProject(waits),
      plugins: { extra: [toy], timeLimit: 3000 },
    });
    expect(code).toBe(0);
    expect(stdout).toContain('toy/sgd');
    expect(stdout).toContain('did not finish loading within 3 s');
  });

  test('is set aside when it brings a tensor core of its own', async () => {
    const cwd = userProject({
      ...strangersPlugin(),
      'node_modules/@core/tensor/package.json': JSON.stringify({ name: '@core/tensor', version: '0.0.1' }),
    });
    const registry = await openRegistry({ from: [cwd] });
    const aside = registry.quarantined.find(({ plugin }) => plugin === 'stranger-optim');
    expect(aside?.problems[0]?.message).toMatch(
      /uses its own copy of @core\/tensor .*install @apps\/lab in the same project/,
    );
  });
});

test("the repository's example plugin is used by being installed", async () => {
  const cwd = project({
    'package.json': JSON.stringify({ name: 'mine', dependencies: { 'trellis-plugin-sign': '*' } }),
    'stripes.yaml': toyRecipe.replaceAll('toy/sgd', 'sign/signum').replace('0.001', '0.05'),
  });
  mkdirSync(join(cwd, 'node_modules'));
  const example = join(appDirectory(), '../../examples/plugin-sign');
  symlinkSync(example, join(cwd, 'node_modules/trellis-plugin-sign'), 'junction');
  const { code, stdout } = await lab(['run', 'stripes.yaml', '--out', 'run'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain('slow (sign/signum)');
  const record = JSON.parse(readFileSync(join(cwd, 'run/run.json'), 'utf8')) as object;
  expect(record).toMatchObject({
    provenance: { 'optimizers[1]': { use: 'sign/signum', config: { learningRate: 0.05, momentum: 0.9 } } },
  });
});

test("a project's own copy of a package goes before the app's", async () => {
  const optim = join(appDirectory(), 'node_modules/@plugins/optim');
  const cwd = project({
    'package.json': JSON.stringify({ name: 'own', dependencies: { '@plugins/optim': '*' } }),
  });
  const own = join(cwd, 'node_modules/@plugins/optim');
  mkdirSync(dirname(own), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(optim, 'package.json'), 'utf8')) as Record<string, unknown>;
  mkdirSync(own);
  writeFileSync(
    join(own, 'package.json'),
    JSON.stringify({ ...manifest, version: '9.9.9', exports: { './plugin': './plugin.mjs' } }),
  );
  writeFileSync(
    join(own, 'plugin.mjs'),
    "export default { contract: 1, name: 'optim', version: '9.9.9', components: {} };",
  );
  const registry = await openRegistry({ from: [cwd] });
  expect(registry.plugins.filter(({ name }) => name === 'optim')).toMatchObject([{ version: '9.9.9' }]);
});
