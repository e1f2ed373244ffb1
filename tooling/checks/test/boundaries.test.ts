import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { afterEach, describe, expect, test } from 'vitest';
import config from '../../../dependency-cruiser.config.mjs';

// Small houses with one crooked beam each: a rule that never fires would guard nothing.

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Sound in every rule: each layer imports, by name, what lies below it. */
const SOUND = {
  'packages/core/tensor/src/index.ts': `export * from './shape.js';`,
  'packages/core/tensor/src/shape.ts': `import type * as all from './index.js';\nexport const shape: all.T = [2];`,
  'packages/core/nn/src/index.ts': `export { shape as linear } from '@core/tensor';`,
  'packages/plugins/first/src/index.ts': `import { linear } from '@core/nn';\nexport const first = linear;`,
  'packages/plugins/second/src/index.ts': `export const second = async () => import('./lazy.js');`,
  'packages/plugins/second/src/lazy.ts': `export const lazy = 1;`,
  // Tests may compare plugins.
  'packages/plugins/second/test/index.test.ts': `import { first } from '@plugins/first';\nexport default first;`,
  'apps/lab/src/index.ts': `import { first } from '@plugins/first';\nexport default first;`,
  'examples/third-party/src/index.ts': `import { shape } from '@core/tensor';\nexport default shape;`,
};

async function violated(planted: Record<string, string>): Promise<string[]> {
  const base = mkdtempSync(join(tmpdir(), 'trellis-boundaries-'));
  folders.push(base);
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text);
  };
  for (const [path, text] of Object.entries({ ...SOUND, ...planted })) put(path, text);
  const names = {
    '@core/tensor': 'packages/core/tensor',
    '@core/nn': 'packages/core/nn',
    '@plugins/first': 'packages/plugins/first',
    '@plugins/second': 'packages/plugins/second',
    '@apps/lab': 'apps/lab',
    'example-third-party': 'examples/third-party',
  };
  for (const [name, folder] of Object.entries(names)) {
    const manifest = {
      name,
      exports: { '.': { '@trellis/source': './src/index.ts', import: './dist/index.js' } },
    };
    put(`${folder}/package.json`, JSON.stringify(manifest));
    mkdirSync(dirname(join(base, 'node_modules', name)), { recursive: true });
    symlinkSync(join(base, folder), join(base, 'node_modules', name));
  }

  const { tsConfig: _ours, ...options } = config.options ?? {};
  const { output } = await cruise(['packages', 'apps', 'examples'], {
    ...options,
    baseDir: base,
    validate: true,
    ruleSet: { forbidden: config.forbidden ?? [] },
  });
  // Without an output type the result is the object, not a text.
  const { summary } = output as ICruiseResult;
  return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort();
}

describe('boundaries', () => {
  test('a sound house passes', async () => {
    expect(await violated({})).toEqual([]);
  });

  test.each<[rule: string, path: string, text: string]>([
    ['plugin-not-to-plugin', 'packages/plugins/second/src/bad.ts', `export { first } from '@plugins/first';`],
    ['plugin-not-to-plugin', 'packages/plugins/second/src/bad.ts', `import type {} from '@plugins/first';`],
    [
      'plugin-not-to-plugin',
      'packages/plugins/second/src/bad.ts',
      `export default () => import('@plugins/first');`,
    ],
    ['tensor-stands-alone', 'packages/core/tensor/src/bad.ts', `export * from '@core/nn';`],
    ['core-only-on-tensor', 'packages/core/data/src/bad.ts', `export * from '@core/nn';`],
    ['core-only-on-tensor', 'packages/core/nn/src/bad.ts', `export * from '@plugins/first';`],
    ['nothing-on-apps', 'packages/plugins/first/src/bad.ts', `export * from '@apps/lab';`],
    ['nothing-on-apps', 'packages/core/nn/test/bad.test.ts', `export * from '@apps/lab';`],
    ['nothing-on-examples', 'apps/lab/src/bad.ts', `export * from 'example-third-party';`],
    ['no-deep-imports', 'apps/lab/src/bad.ts', `export * from '../../../packages/core/tensor/src/shape.js';`],
    ['src-not-to-test', 'packages/plugins/second/src/bad.ts', `export * from '../test/index.test.js';`],
    ['resolvable', 'apps/lab/src/bad.ts', `export * from 'not-installed-anywhere';`],
    ['no-circular', 'packages/core/tensor/src/shape.ts', `import './index.js';\nexport const shape = [2];`],
  ])('%s is found in %s: %s', async (rule, path, text) => {
    expect(await violated({ [path]: text })).toContain(rule);
  });
});
