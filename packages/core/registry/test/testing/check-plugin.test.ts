import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formatProblem, type Plugin } from '../../src/index.js';
import { checkPlugin, describePlugin, pluginLaws, type CheckPluginOptions } from '../../src/testing.js';
import { toy } from '../support/toy.js';
import { broken } from './support.js';

const configs = { wrapped: { inner: { use: 'toy/sgd' } } };
const problems = async (plugin: Plugin, options?: CheckPluginOptions): Promise<string[]> =>
  (await checkPlugin(plugin, options)).map(formatProblem);
const component = {
  kind: 'schedule' as const,
  title: 'It',
  summary: 'A line.',
  config: z.object({}),
  load: () => Promise.resolve({ create: () => () => 1 }),
};
const plugin = (more: object): Plugin => ({
  contract: 1,
  name: 'x',
  version: '1.0.0',
  components: { it: { ...component, ...more } },
});

describe('checkPlugin', () => {
  it('finds nothing in a plugin that keeps the contract', async () => {
    const { heavy: _, ...components } = toy.components;
    const able = { ...toy, components } as Plugin;
    expect(await problems(able, { configs })).toEqual([]);
  });

  it('wants a description and a default for each option', async () => {
    const config = z.object({
      rate: z.number(),
      use: z.string().default('x').describe('A word that is taken.'),
    });
    expect(await problems(plugin({ config }))).toEqual([
      'x/it: option rate has no description',
      'x/it: option rate has no default, and no example in configs',
      'x/it: option use: recipes keep this word for themselves',
      'x/it: cannot be made: rate: expected number, but it is missing',
    ]);
  });

  it('wants a JSON schema', async () => {
    const config = { '~standard': { version: 1, vendor: 'tiny', validate: (value: unknown) => ({ value }) } };
    expect(await problems(plugin({ config }))).toEqual([
      'x/it: its config has no JSON schema: the schema library tiny has no Standard JSON Schema part (zod 4.2 and later has)',
    ]);
    expect(
      (
        await problems(plugin({ config: z.object({ f: z.date().default(new Date(0)).describe('A day.') }) }))
      )[0],
    ).toMatch(/^x\/it: its config has no JSON schema: /);
  });

  it('wants new objects, configs that resolve to themselves, and successors that exist', async () => {
    const one = (): number => 1;
    expect(await problems(plugin({ load: () => Promise.resolve({ create: () => one }) }))).toEqual([
      'x/it: create gives the same object twice; each call makes its own',
    ]);
    const doubling = z.object({
      n: z
        .number()
        .default(1)
        .overwrite((n) => n * 2)
        .describe('A number.'),
    });
    expect(await problems(plugin({ config: doubling }))).toEqual([
      'x/it: its config does not resolve to itself: {"use":"x/it","n":2} became {"use":"x/it","n":4}',
    ]);
    expect(await problems(plugin({ replacedBy: 'x/gone' }))).toEqual([
      'x/it: is replaced by x/gone, which is not there',
    ]);
  });

  it('passes on what the manifest check and the registry say', async () => {
    expect(await problems({ ...plugin({}), name: 'X' })).toEqual([
      'name: is "X"; names are lower case letters, digits and single dashes, such as adam-w',
    ]);
    expect(await problems(plugin({ kind: 'shedule' }))).toEqual([
      expect.stringContaining('an unknown kind; did you mean schedule?'),
    ]);
    expect(await problems(plugin({}), { configs: { other: {} } })).toEqual([
      'configs.other: is for no component of this plugin',
    ]);
    expect(await problems(plugin({ needs: ['quantum'] }))).toEqual([
      'x/it: cannot be made here: the backend lacks quantum',
    ]);
  });
});

describe('pluginLaws', () => {
  it('are those of each component’s kind; options that are numbers must refuse NaN', async () => {
    const suites = await pluginLaws(toy, { configs });
    expect(suites.map(({ component }) => component)).toEqual([
      'manifest',
      'sgd',
      'wrapped',
      'decay',
      'heavy',
      'digits',
    ]);
    const names = suites.find(({ component }) => component === 'sgd')?.laws.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'learningRate: NaN is refused',
        'momentum: NaN is refused',
        'learningRate: -1 is refused',
        'momentum: -1 is refused',
      ]),
    );
    expect(
      suites
        .find(({ component }) => component === 'wrapped')
        ?.laws.some(({ name }) => name.includes('learning rate of 0')),
    ).toBe(false);
  });

  it('leave out what the skip list names, and refuse names of no law', async () => {
    const skip = {
      'decay: it is pure': 'for this test',
      'decay: it is puer': 'a typo',
      'sgd: update is pure': ' ',
    };
    const [manifest, , , decay] = await pluginLaws(toy, { configs, skip });
    expect(decay?.laws.map(({ name }) => name)).not.toContain('it is pure');
    const found = await broken(manifest?.laws ?? []);
    expect(found['the skip list names laws that exist, with reasons']).toBe(
      'the skip list names no law: decay: it is puer',
    );
  });
});

const { heavy: _heavy, digits: _digits, ...components } = toy.components;
await describePlugin(
  { describe, it },
  { ...toy, components },
  {
    configs,
    laws: {
      wrapped: { learningRate: (learningRate: number) => ({ inner: { use: 'toy/sgd', learningRate } }) },
    },
  },
);
