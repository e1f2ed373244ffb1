import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  createRegistry,
  defineRecipeSchema,
  parseRecipe,
  provenanceOf,
  recipeOf,
  RegistryError,
  resolveRecipe,
  setByPath,
  type Recipe,
} from '../../src/index.js';
import { refusal } from '../support/errors.js';
import { toy } from '../support/toy.js';
import { good, training } from './support.js';

const backend = { name: 'tiny', dtypes: ['float32'], capabilities: [] };
const registry = createRegistry([toy], { backend });
const resolve = (recipe: Recipe) => resolveRecipe(registry, recipe, training);
const refused = (text: string): Promise<string> =>
  refusal(() => resolve(parseRecipe(text, { file: 'run.yaml' })));

describe('resolveRecipe', () => {
  it('gives settings and components with defaults, ready to be made', async () => {
    const run = await resolve(parseRecipe(good));
    expect(run.settings).toEqual({ title: 'Race', epochs: 2, seed: 0 });
    expect(run.slots.schedule).toBeUndefined();
    expect(run.slots.optimizers.map(({ name, path, id }) => [name, path, id])).toEqual([
      ['slow', 'optimizers[0]', 'toy/sgd'],
      ['wrapped', 'optimizers[1]', 'toy/wrapped'],
    ]);
    const dataset = await run.slots.dataset.create();
    expect(dataset.size('train')).toBe(4);
    expect(provenanceOf(dataset)).toEqual(run.provenance['dataset']);
    expect(run.data).toMatchInlineSnapshot(`
      {
        "dataset": {
          "train": 4,
          "use": "toy/digits",
        },
        "epochs": 2,
        "optimizers": [
          {
            "learningRate": 0.001,
            "momentum": 0,
            "name": "slow",
            "use": "toy/sgd",
          },
          {
            "inner": {
              "learningRate": {
                "factor": 0.5,
                "start": 1,
                "use": "toy/decay",
              },
              "momentum": 0,
              "use": "toy/sgd",
            },
            "mode": "plain",
            "name": "wrapped",
            "use": "toy/wrapped",
          },
        ],
        "seed": 0,
        "title": "Race",
      }
    `);
  });

  it('resolves its own result to itself', async () => {
    const { data } = await resolve(parseRecipe(good));
    expect((await resolve(recipeOf(JSON.parse(JSON.stringify(data))))).data).toEqual(data);
  });

  it('takes one component under the singular key', async () => {
    const run = await resolve(
      parseRecipe('dataset: toy/digits\noptimizer: { use: toy/sgd, momentum: 0.5 }\n'),
    );
    expect(run.slots.optimizers.map(({ name, path }) => [name, path])).toEqual([['sgd', 'optimizer']]);
    const changed = setByPath(
      parseRecipe('dataset: toy/digits\noptimizer: { use: toy/sgd }\n'),
      'optimizer.use=toy/old-sgd',
    );
    expect((await resolve(changed)).slots.optimizers[0]?.id).toBe('toy/sgd');
  });

  it('reports every problem at once, in the order of the text', async () => {
    expect(
      await refused(`epohcs: 2
seed: 1.5
dataset: { use: toy/digts }
optimizers:
  - { name: a, use: toy/sgd, learningRat: 1e-3 }
  - { name: a, use: toy/sgd, learningRate: -1 }
  - use: toy/wrapped
    inner: { use: toy/decay }
  - use: toy/heavy
`),
    ).toMatchInlineSnapshot(`
      "RECIPE: 8 problems:
        run.yaml:1:1: epohcs: no such part of a recipe; did you mean epochs?
        run.yaml:2:1: seed: expected int, got 1.5
        run.yaml:3:12: dataset.use: unknown dataset toy/digts; did you mean toy/digits?
        run.yaml:5:30: optimizers[0].learningRat: no such option of toy/sgd; did you mean learningRate?
        run.yaml:6:7: optimizers[1].name: the name a is taken by optimizers[0]; give each its own name
        run.yaml:6:30: optimizers[1].learningRate: Too small: expected number to be >=0, got -1
        run.yaml:8:14: optimizers[2].inner.use: toy/decay is a schedule, and an optimizer belongs here; there are toy/heavy, toy/old-sgd, toy/sgd, toy/wrapped
        run.yaml:9:5: optimizers[3].use: toy/heavy needs float64, eigh, which the backend tiny has not; switch with useBackend, or choose another optimizer"
    `);
  });

  it('gives the problems as data', async () => {
    const thrown: unknown = await resolve(
      parseRecipe('dataset: toy/digits\noptimizer: { use: toy/sgd, learningRat: 1 }\n', { file: 'run.yaml' }),
    ).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(RegistryError);
    expect((thrown as RegistryError).problems).toEqual([
      {
        code: 'CONFIG',
        path: 'optimizer.learningRat',
        message: 'no such option of toy/sgd; did you mean learningRate?',
        nearest: 'learningRate',
        file: 'run.yaml',
        line: 2,
        column: 28,
      },
    ]);
  });

  it('blames the command line for what came from it', async () => {
    const changed = setByPath(parseRecipe(good, { file: 'run.yaml' }), 'optimizers[0].use=toy/lion');
    expect(await refusal(() => resolve(changed))).toMatchInlineSnapshot(
      `"COMPONENT: --set optimizers[0].use=toy/lion: optimizers[0].use: unknown optimizer toy/lion; known are toy/heavy, toy/old-sgd, toy/sgd, toy/wrapped"`,
    );
  });

  it.each([
    ['epochs: 2\n'],
    ['dataset:\noptimizers: []\n'],
    ['dataset: 3\noptimizers: { use: toy/sgd }\n'],
    ['dataset: toy/digits\noptimizers: [toy/sgd]\noptimizer: toy/sgd\n'],
    ['dataset: toy/digits\noptimizers: [toy/sgd, toy/sgd]\n'],
    ['dataset: toy/digits\noptimizers: [{ name: "", use: toy/sgd }]\n'],
    ['dataset: toy/digits\noptimizer: { use: toy/decay }\n'],
    ['dataset: toy/digits\noptimizer: [toy/sgd]\n'],
    ['dataset: { name: x, use: toy/digits }\noptimizer: toy/sgd\n'],
    ['dataset: toy/digits\noptimizer: toy/sgd\ncolour: blue\n'],
    ['dataset: toy/digits\noptimizer: toy/sgd\n__proto__: { epochs: 3 }\n'],
  ])('refuses %j', async (text) => {
    expect(await refused(text)).toMatchSnapshot();
  });

  it('refuses settings where the app has none', async () => {
    const bare = defineRecipeSchema({
      slots: { dataset: { kind: 'dataset' } },
      settings: z.strictObject({}),
    });
    expect(await refusal(() => resolveRecipe(registry, parseRecipe('datset: toy/digits\n'), bare))).toBe(
      'RECIPE: 1:1: datset: no such part of a recipe; did you mean dataset?',
    );
    const none = { slots: { dataset: { kind: 'dataset' } } } as const;
    expect(await refusal(() => resolveRecipe(registry, parseRecipe('epochs: 1\n'), none))).toBe(
      'RECIPE: 1:1: epochs: no such part of a recipe; its parts are dataset',
    );
    expect((await resolveRecipe(registry, parseRecipe('{}'), none)).slots.dataset).toBeUndefined();
  });
});
