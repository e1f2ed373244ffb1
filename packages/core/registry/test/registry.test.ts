import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import {
  createRegistry,
  definePlugin,
  nested,
  provenanceOf,
  RegistryError,
  type Context,
  type Notice,
  type Plugin,
} from '../src/index.js';
import { refusal } from './support/errors.js';
import { toy } from './support/toy.js';

const backend = { name: 'tiny', dtypes: ['float32'], capabilities: ['add'] };
const registry = createRegistry([toy], { backend });

describe('list', () => {
  it('gives a line of every component by id, and loads nothing', () => {
    expect(registry.list()).toMatchInlineSnapshot(`
      [
        {
          "id": "toy/decay",
          "kind": "schedule",
          "missing": [],
          "plugin": "toy@1.2.0",
          "summary": "Falls by a factor at each step.",
          "title": "Decay",
        },
        {
          "id": "toy/digits",
          "kind": "dataset",
          "missing": [],
          "plugin": "toy@1.2.0",
          "summary": "No digits at all.",
          "title": "Digits",
        },
        {
          "id": "toy/heavy",
          "kind": "optimizer",
          "missing": [
            "float64",
            "eigh",
          ],
          "plugin": "toy@1.2.0",
          "summary": "Needs decompositions.",
          "title": "Heavy",
        },
        {
          "id": "toy/old-sgd",
          "kind": "optimizer",
          "missing": [],
          "plugin": "toy@1.2.0",
          "replacedBy": "toy/sgd",
          "summary": "Kept for old recipes.",
          "title": "Gradient descent, as it was",
        },
        {
          "id": "toy/sgd",
          "kind": "optimizer",
          "missing": [],
          "plugin": "toy@1.2.0",
          "summary": "Steps against the gradient, with momentum.",
          "title": "Gradient descent",
        },
        {
          "id": "toy/wrapped",
          "kind": "optimizer",
          "missing": [],
          "plugin": "toy@1.2.0",
          "summary": "Another optimizer, unchanged.",
          "title": "Wrapped",
        },
      ]
    `);
  });

  it('filters by kind and plugin', () => {
    expect(registry.list({ kind: 'schedule' }).map(({ id }) => id)).toEqual(['toy/decay']);
    expect(registry.list({ plugin: 'other' })).toEqual([]);
  });
});

describe('describe', () => {
  it('says all there is to say of a component', async () => {
    expect(await registry.describe('toy/sgd')).toMatchInlineSnapshot(`
      {
        "id": "toy/sgd",
        "jsonSchema": {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "properties": {
            "learningRate": {
              "anyOf": [
                {
                  "minimum": 0,
                  "type": "number",
                },
                {
                  "additionalProperties": {},
                  "properties": {
                    "use": {
                      "type": "string",
                    },
                  },
                  "required": [
                    "use",
                  ],
                  "type": "object",
                  "x-trellis-kind": "schedule",
                },
              ],
              "default": 0.1,
              "description": "Length of a step; a number or a schedule.",
            },
            "momentum": {
              "default": 0,
              "description": "Share of the last step that is kept.",
              "exclusiveMaximum": 1,
              "minimum": 0,
              "type": "number",
            },
          },
          "type": "object",
        },
        "kind": "optimizer",
        "missing": [],
        "needs": [],
        "options": [
          {
            "default": 0.1,
            "description": "Length of a step; a number or a schedule.",
            "name": "learningRate",
            "required": false,
            "type": "number >= 0 | schedule component",
          },
          {
            "default": 0,
            "description": "Share of the last step that is kept.",
            "name": "momentum",
            "required": false,
            "type": "number >= 0 and < 1",
          },
        ],
        "paper": {
          "title": "A stochastic approximation method",
          "url": "https://doi.org/10.1214/aoms/1177729586",
          "year": 1951,
        },
        "plugin": "toy@1.2.0",
        "summary": "Steps against the gradient, with momentum.",
        "title": "Gradient descent",
      }
    `);
  });

  it('gives no options where the schema’s library has no JSON schema', async () => {
    const config = {
      '~standard': { version: 1, vendor: 'tiny', validate: (value: unknown) => ({ value }) },
    } as const;
    const plain = definePlugin({
      contract: 1,
      name: 'plain',
      version: '1.0.0',
      components: {
        it: {
          kind: 'loss',
          title: 'It',
          summary: 'A line.',
          config,
          load: () => Promise.reject<never>(new Error('never')),
        },
      },
    });
    const described = await createRegistry([plain]).describe('plain/it');
    expect(described.options).toBeUndefined();
    expect(described.jsonSchema).toBeUndefined();
  });

  it('refuses an unknown id with the nearest', async () => {
    expect(await refusal(() => registry.describe('toy/sdg'))).toBe(
      'COMPONENT: unknown component toy/sdg; did you mean toy/sgd?',
    );
    expect(await refusal(() => registry.get('adam'))).toMatchInlineSnapshot(
      `"COMPONENT: unknown component adam; known are toy/decay, toy/digits, toy/heavy, toy/old-sgd, toy/sgd, toy/wrapped"`,
    );
  });
});

describe('load', () => {
  it('brings the module, and follows a replacement', async () => {
    expect(await registry.load('toy/decay')).toHaveProperty('create');
    expect(await registry.load('toy/old-sgd')).toBe(await registry.load('toy/sgd'));
  });
});

describe('create', () => {
  it('makes a component with defaults filled in', async () => {
    const decay = await registry.create('toy/decay', { factor: 0.5 });
    expect(decay(3)).toBe(0.125);
    expect(provenanceOf(decay)).toEqual({
      use: 'toy/decay',
      plugin: 'toy@1.2.0',
      contract: 1,
      config: { start: 1, factor: 0.5 },
    });
    expect(Object.keys(await registry.create('toy/sgd'))).toEqual(['init', 'update']);
  });

  it('makes a new object each time', async () => {
    expect(await registry.create('toy/decay')).not.toBe(await registry.create('toy/decay'));
  });

  it('refuses at run time what the compiler refuses', async () => {
    // @ts-expect-error -- an unknown option
    expect(await refusal(() => registry.create('toy/decay', { factr: 0.5 }))).toBe(
      'CONFIG: factr: no such option of toy/decay; did you mean factor?',
    );
    // @ts-expect-error -- an unknown id
    expect(await refusal(() => registry.create('toy/decai', {}))).toBe(
      'COMPONENT: use: unknown component toy/decai; did you mean toy/decay?',
    );
  });
});

describe('fromSpec', () => {
  const refused = (spec: unknown, options = {}): Promise<string> =>
    refusal(() => registry.fromSpec(spec, options));

  it('makes what a recipe names, also by a bare id', async () => {
    const decay = await registry.fromSpec({ use: 'toy/decay', start: 2 }, { kind: 'schedule' });
    expect(decay(0)).toBe(2);
    expect((await registry.fromSpec('toy/decay', { kind: 'schedule' }))(0)).toBe(1);
  });

  it('resolves nested components and records their defaults', async () => {
    const spec = { use: 'toy/wrapped', inner: { use: 'toy/sgd', learningRate: { use: 'toy/decay' } } };
    const wrapped = await registry.fromSpec(spec, { kind: 'optimizer' });
    expect(provenanceOf(wrapped)).toMatchInlineSnapshot(`
      {
        "config": {
          "inner": {
            "learningRate": {
              "factor": 0.9,
              "start": 1,
              "use": "toy/decay",
            },
            "momentum": 0,
            "use": "toy/sgd",
          },
          "mode": "plain",
        },
        "contract": 1,
        "plugin": "toy@1.2.0",
        "use": "toy/wrapped",
      }
    `);
  });

  it.each([
    [{ use: 'toy/sgd', learningRate: -1 }],
    [{ use: 'toy/sgd', learningRate: NaN }],
    [{ use: 'toy/sgd', learningRate: 'fast' }],
    [{ use: 'toy/sgd', momentun: 0.9, nesterov: true }],
    [{ use: 'toy/decay', facto: 1 }],
    [{ use: 'toy/wrapped' }],
    [{ use: 'toy/wrapped', inner: { use: 'toy/decay' } }],
    [{ use: 'toy/wrapped', inner: { use: 'toy/sgd', momentum: 2 }, mode: 'fanci' }],
    [{ use: 'toy/wrapped', inner: { learningRate: 1 } }],
    [{ use: 'toy/wrapped', inner: { use: 'toy/wrapped', inner: { use: 'toy/nope' } } }],
    [{ use: 'toy/heavy' }],
    [{ uses: 'toy/sgd' }],
    [42],
  ])('refuses %j', async (spec) => {
    expect(await refused(spec, { path: 'optimizer' })).toMatchSnapshot();
  });

  it('refuses a component of another kind', async () => {
    expect(await refused({ use: 'toy/sgd' }, { kind: 'schedule', path: 'rate' })).toBe(
      'COMPONENT: rate.use: toy/sgd is an optimizer, and a schedule belongs here; there are toy/decay',
    );
    expect(await refused({ use: 'toy/sgd' }, { kind: 'agent' })).toBe(
      'COMPONENT: use: toy/sgd is an optimizer, and an agent belongs here; no installed plugin has an agent',
    );
  });

  it('gives file, line and column with a source', async () => {
    const source = { file: 'run.yaml', positions: { 'optimizer.momentum': { line: 3, column: 5 } } };
    expect(await refused({ use: 'toy/sgd', momentum: 1 }, { path: 'optimizer', source })).toBe(
      'CONFIG: run.yaml:3:5: optimizer.momentum: Too big: expected number to be <1, got 1',
    );
  });

  it('refuses a spec that contains itself', async () => {
    const spec: Record<string, unknown> = { use: 'toy/wrapped' };
    spec['inner'] = spec;
    expect(await refused(spec)).toBe('CYCLE: inner: a component that contains itself');
  });
});

describe('prepare', () => {
  it('checks without loading, and gives the spec with defaults', async () => {
    const load = vi.fn(() => import('./support/decay.js'));
    const lazy = definePlugin({
      contract: 1,
      name: 'lazy',
      version: '1.0.0',
      components: { decay: { ...toy.components.decay, load } },
    });
    const ready = await createRegistry([lazy]).prepare('lazy/decay', { kind: 'schedule' });
    expect(ready.spec).toEqual({ use: 'lazy/decay', start: 1, factor: 0.9 });
    expect([ready.id, ready.kind, ready.plugin]).toEqual(['lazy/decay', 'schedule', 'lazy@1.0.0']);
    expect(load).not.toHaveBeenCalled();
    expect((await ready.create())(0)).toBe(1);
    expect(load).toHaveBeenCalledOnce();
  });
});

describe('a replaced component', () => {
  it('resolves to its successor with one notice', async () => {
    const notices: Notice[] = [];
    const own = createRegistry([toy], { log: (notice) => notices.push(notice) });
    const made = await own.fromSpec({ use: 'toy/old-sgd', momentum: 0.5 });
    await own.fromSpec('toy/old-sgd');
    expect(notices).toEqual([
      { code: 'REPLACED', message: 'toy/old-sgd was replaced by toy/sgd, which is used instead' },
    ]);
    expect(provenanceOf(made)?.use).toBe('toy/sgd');
  });

  it('is refused when its successor is missing, or they run in a circle', async () => {
    const old = {
      ...toy.components['old-sgd'],
      load: () => Promise.reject<never>(new Error('never loaded')),
    };
    const own = createRegistry([
      definePlugin({
        contract: 1,
        name: 'past',
        version: '1.0.0',
        components: {
          a: { ...old, replacedBy: 'past/b' },
          b: { ...old, replacedBy: 'past/a' },
          c: { ...old, replacedBy: 'gone/c' },
        },
      }),
    ]);
    expect(await refusal(() => own.fromSpec('past/a'))).toBe(
      'CYCLE: use: past/a -> past/b -> past/a: components that replace each other without end',
    );
    expect(await refusal(() => own.fromSpec('past/c'))).toBe(
      'COMPONENT: use: past/c was replaced by gone/c, which no installed plugin has',
    );
  });
});

describe('needs', () => {
  it('are matched with the backend of @core/tensor where none is given', async () => {
    const own = createRegistry([toy]);
    expect(await own.describe('toy/heavy')).toMatchObject({ needs: ['float64', 'eigh'], missing: [] });
    await expect(own.create('toy/heavy')).resolves.toHaveProperty('update');
  });

  it('are matched with the backend in use at that moment', async () => {
    let dtypes = ['float32'];
    const changing = { name: 'changing', capabilities: ['eigh'], get dtypes() { return dtypes; } }; // prettier-ignore
    const own = createRegistry([toy], { backend: changing });
    expect((await own.describe('toy/heavy')).missing).toEqual(['float64']);
    expect(await refusal(() => own.create('toy/heavy'))).toBe(
      'NEEDS: use: toy/heavy needs float64, which the backend changing has not; switch with useBackend, or choose another optimizer',
    );
    dtypes = ['float32', 'float64'];
    await expect(own.create('toy/heavy')).resolves.toHaveProperty('update');
  });
});

describe('components that misbehave', () => {
  const broken: Plugin = {
    contract: 1,
    name: 'broken',
    version: '1.0.0',
    components: Object.fromEntries(
      Object.entries({
        import: () => Promise.reject(new Error('Cannot find module')),
        empty: () => Promise.resolve({} as never),
        throws: () => Promise.resolve({ create: () => { throw new Error('boo'); } }), // prettier-ignore
        number: () => Promise.resolve({ create: () => 3 as never }),
        half: () => Promise.resolve({ create: () => ({ init: () => ({}) }) as never }),
        coded: () => Promise.resolve({ create: () => { throw new RegistryError([{ code: 'CONFIG', path: 'x', message: 'own words' }]); } }), // prettier-ignore
        loop: () =>
          Promise.resolve({
            create: (_: unknown, context: Context) => context.use({ use: 'broken/loop' }, 'optimizer'),
          }),
        ping: () =>
          Promise.resolve({
            create: (_: unknown, context: Context) => context.use({ use: 'broken/pong' }, 'optimizer'),
          }),
        pong: () =>
          Promise.resolve({
            create: (_: unknown, context: Context) => context.use({ use: 'broken/ping' }, 'optimizer'),
          }),
      }).map(([key, load]) => [
        key,
        { kind: 'optimizer' as const, title: key, summary: key, config: z.object({}), load },
      ]),
    ),
  };
  const own = createRegistry([broken]);

  it.each(Object.keys(broken.components))('%s: are named', async (key) => {
    expect(await refusal(() => own.fromSpec(`broken/${key}`, { path: 'optimizer' }))).toMatchSnapshot();
  });

  it('keep nested options even when the outer schema drops them', async () => {
    const outer = definePlugin({
      contract: 1,
      name: 'outer',
      version: '1.0.0',
      components: {
        it: {
          ...toy.components.wrapped,
          config: z.object({ inner: z.object({ use: z.string() }).meta(nested('optimizer')) }),
        },
      },
    });
    const ready = await createRegistry([outer, toy]).prepare({
      use: 'outer/it',
      inner: { use: 'toy/sgd', momentum: 0.3 },
    });
    expect(ready.spec['inner']).toEqual({ use: 'toy/sgd', learningRate: 0.1, momentum: 0.3 });
  });
});
