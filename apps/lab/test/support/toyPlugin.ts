import {
  definePlugin,
  nested,
  type Dataset,
  type Model,
  type Optimizer,
  type Context,
  type RunRecord,
  type Schedule,
  type Spec,
} from '@core/registry';
import { logSoftmax, oneHot, random, tensor, tree, zeros, type Tensor } from '@core/tensor';
import { z } from 'zod';
import { toySolvers } from './toySolvers.js';

/** Three classes of 4x4 pictures: a bright row, a bright column, or noise. Learnable in a second. */
function stripes({ train, test, noise }: { train: number; test: number; noise: number }): Dataset {
  const sizes = { train, validation: 0, test };
  const make = (split: 'train' | 'validation' | 'test'): { inputs: Tensor; targets: Tensor } => {
    let state = split === 'train' ? 1 : 2;
    const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    const count = sizes[split];
    const pixels = new Float32Array(count * 16);
    const labels = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const label = i % 3;
      labels[i] = label;
      for (let p = 0; p < 16; p++) {
        const bright = label === 0 ? p >= 4 && p < 8 : label === 1 ? p % 4 === 1 : false;
        pixels[i * 16 + p] = (bright ? 0.8 : 0.1) + noise * (next() - 0.5);
      }
    }
    return { inputs: tensor(pixels, { shape: [count, 1, 4, 4] }), targets: tensor(labels) };
  };
  return {
    name: 'Stripes',
    inputShape: [1, 4, 4],
    classNames: ['row', 'column', 'neither'],
    splits: ['train', 'test'],
    size: (split) => sizes[split],
    load: async (split) => make(split),
  };
}

function linear(classes: number): Model {
  return {
    init: (key, inputShape) => {
      const inputs = inputShape.reduce((product, size) => product * size, 1);
      return {
        params: { bias: zeros([classes]), weight: random.normal(key, [inputs, classes]).mul(0.1) },
        state: {},
      };
    },
    apply: (params, state, x) => {
      const { weight, bias } = params as { weight: Tensor; bias: Tensor }; // as init made them
      return {
        output: x
          .reshape([x.shape[0] ?? 0, -1])
          .matmul(weight)
          .add(bias),
        state,
      };
    },
  };
}

function sgd(learningRate: number | Schedule): Optimizer<{ count: Tensor }> {
  return {
    init: () => ({ count: tensor(0, { dtype: 'int32' }) }),
    update: (grads, { count }) => {
      const rate = typeof learningRate === 'number' ? learningRate : learningRate(count);
      return {
        updates: tree.map((gradient) => gradient.mul(rate).neg(), grads),
        state: { count: count.add(1) },
      };
    },
  };
}

const rate = z.union([z.number().nonnegative(), z.looseObject({ use: z.string() }).meta(nested('schedule'))]);

/** A plugin of everything that a run needs, small enough for tests. */
export const toy = definePlugin({
  contract: 1,
  name: 'toy',
  version: '1.0.0',
  components: {
    stripes: {
      kind: 'dataset',
      title: 'Stripes',
      summary: 'Rows, columns and noise.',
      config: z.strictObject({
        train: z.int().positive().default(96).describe('Training examples'),
        test: z.int().positive().default(30).describe('Test examples'),
        noise: z.number().nonnegative().default(0.2).describe('Strength of the noise'),
      }),
      load: async () => ({ create: stripes }),
    },
    linear: {
      kind: 'model',
      title: 'Linear',
      summary: 'One matrix.',
      config: z.strictObject({ classes: z.int().positive().default(3).describe('Outputs') }),
      load: async () => ({ create: ({ classes }: { classes: number }) => linear(classes) }),
    },
    'cross-entropy': {
      kind: 'loss',
      title: 'Cross-entropy',
      summary: 'Mean negative log-likelihood.',
      config: z.strictObject({}),
      load: async () => ({
        create: () => (outputs: Tensor, targets: Tensor) =>
          logSoftmax(outputs, -1)
            .mul(oneHot(targets, outputs.shape[1] ?? 0))
            .sum()
            .div(-(outputs.shape[0] ?? 1)),
      }),
    },
    sgd: {
      kind: 'optimizer',
      title: 'SGD',
      summary: 'Steepest descent.',
      paper: {
        title: 'A Stochastic Approximation Method',
        year: 1951,
        url: 'https://doi.org/10.1214/aoms/1177729586',
      },
      config: z.strictObject({ learningRate: rate.default(0.5).describe('Size of a step') }),
      load: async () => ({
        create: async ({ learningRate }: { learningRate: number | Spec }, context: Context) =>
          sgd(typeof learningRate === 'number' ? learningRate : await context.use(learningRate, 'schedule')),
      }),
    },
    runaway: {
      kind: 'optimizer',
      title: 'Runaway',
      summary: 'Adds infinity to every parameter, as a rate that is far too high does.',
      config: z.strictObject({}),
      load: async () => ({ create: () => sgd(Infinity) }),
    },
    halving: {
      kind: 'schedule',
      title: 'Halving',
      summary: 'Half as much every ten steps.',
      config: z.strictObject({ start: z.number().positive().default(0.5).describe('First value') }),
      load: async () => ({
        create:
          ({ start }: { start: number }) =>
          (count: Tensor | number) =>
            typeof count === 'number'
              ? start * 0.5 ** (count / 10)
              : count
                  .cast('float32')
                  .mul(-Math.LN2 / 10)
                  .exp()
                  .mul(start),
      }),
    },
    misses: {
      kind: 'metric',
      title: 'Misses',
      summary: 'Number of wrong answers.',
      config: z.strictObject({}),
      load: async () => ({
        create: () => ({
          name: 'misses',
          goal: 'min' as const,
          init: () => 0,
          update: (state: number, outputs: Tensor, targets: Tensor) =>
            state + outputs.argmax(-1).notEqual(targets).sum().item(),
          result: (state: number) => state,
        }),
      }),
    },
    summary: {
      kind: 'report',
      title: 'Summary',
      summary: 'Results as text.',
      config: z.strictObject({}),
      load: async () => ({
        create: () => (run: RunRecord) => [
          { path: 'summary.txt', content: `${run.title}: ${Object.keys(run.results).join(', ')}\n` },
        ],
      }),
    },
    ...toySolvers,
    exact: {
      kind: 'solver',
      title: 'Exact',
      summary: 'Needs what no backend has.',
      needs: ['oracle'],
      config: z.strictObject({}),
      load: async () => Promise.reject(new Error('never loaded')),
    },
  },
});

/** A recipe of it that takes well under a second. */
export const toyRecipe = `title: Stripes
dataset:
  use: toy/stripes
model:
  use: toy/linear
loss:
  use: toy/cross-entropy
optimizers:
  - name: steep
    use: toy/sgd
  - name: slow
    use: toy/sgd
    learningRate: 0.001
epochs: 2
batchSize: 16
seed: 3
`;
