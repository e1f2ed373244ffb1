import { Tensor, ones, random, tensor, zeros } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import type { Loss, Metric, Model, Normalization, Schedule } from '../../src/index.js';
import { laws, type Law } from '../../src/testing.js';
import { broken } from './support.js';

const holds = (all: readonly Law[]): void => {
  for (const { name, check } of all) it(name, check);
};

describe('the schedule laws', () => {
  const decay: Schedule = (count) =>
    count instanceof Tensor ? tensor(0.5).pow(count.mul(0.01)) : 0.5 ** (count * 0.01);
  describe('hold for exponential decay', () => {
    holds(laws('schedule', () => decay));
  });

  it('catch infinity, hidden memory, and a tensor that is treated otherwise', async () => {
    const reciprocal: Schedule = (count) => (count instanceof Tensor ? count.mul(0.5) : 1 / count);
    const found = await broken(laws('schedule', () => reciprocal, { counts: [0, 1, 2] }));
    expect(found['every value is a finite scalar']).toBe('the value at count 0 holds Infinity');
    expect(found['a tensor count gives the same value']).toBe(
      'count 0: an int32 scalar gives 0, a number gives Infinity',
    );
    let calls = 0;
    expect(Object.keys(await broken(laws('schedule', () => () => ++calls)))).toContain('it is pure');
  });
});

const crossEntropy: Loss = (outputs, targets) => {
  const [batch = 0, classes = 0] = outputs.shape;
  const shifted = outputs.sub(outputs.max(1, { keepDims: true }));
  const logProbabilities = shifted.sub(shifted.exp().sum(1, { keepDims: true }).log());
  const wanted = targets
    .reshape([batch, 1])
    .equal(tensor([Array.from({ length: classes }, (_, index) => index)], { dtype: 'int32' }));
  return logProbabilities
    .mul(wanted.cast(outputs.dtype))
    .sum()
    .mul(-1 / batch);
};

describe('the loss laws', () => {
  describe('hold for cross-entropy', () => {
    holds(laws('loss', () => crossEntropy));
  });
  describe('hold for the squared error', () => {
    holds(
      laws('loss', (): Loss => (outputs, targets) => outputs.sub(targets).square().mean(), {
        targets: 'values',
      }),
    );
  });

  it('catch overflow, a wrong shape and a wrong gradient', async () => {
    const unshifted: Loss = (outputs) => outputs.exp().sum().log();
    expect(Object.keys(await broken(laws('loss', () => unshifted)))).toEqual([
      'large outputs leave value and gradient finite',
    ]);
    const perExample: Loss = (outputs) => outputs.sum(1);
    expect(
      (await broken(laws('loss', () => perExample)))['the loss is a finite scalar of the outputs’ dtype'],
    ).toBe('got float64[5], wanted a float64 scalar');
    const detached: Loss = (outputs) => tensor(outputs.sum().item(), { dtype: 'float64' });
    expect(Object.keys(await broken(laws('loss', () => detached)))).toContain(
      'its gradient equals central differences',
    );
  });
});

const accuracy: Metric<{ right: number; seen: number }> = {
  name: 'accuracy',
  goal: 'max',
  init: () => ({ right: 0, seen: 0 }),
  update: ({ right, seen }, outputs, targets) => {
    const hits = Array.from(outputs.argmax(1).equal(targets).dataSync(), Number);
    return { right: right + hits.reduce((sum, hit) => sum + hit, 0), seen: seen + hits.length };
  },
  result: ({ right, seen }) => right / seen,
};

describe('the metric laws', () => {
  describe('hold for accuracy', () => {
    holds(laws('metric', () => accuracy as Metric));
  });

  it('catch a mean of means, and a state changed in place', async () => {
    const averaging: Metric<number[]> = {
      ...accuracy,
      init: () => [],
      update: (state, outputs, targets) => [
        ...state,
        accuracy.result(accuracy.update(accuracy.init(), outputs, targets)),
      ],
      result: (state) => state.reduce((sum, share) => sum + share, 0) / state.length,
    };
    expect(Object.keys(await broken(laws('metric', () => averaging as Metric)))).toEqual([
      'the result does not depend on the batches',
    ]);
    const pushing: Metric<number[]> = {
      ...averaging,
      update: (state, outputs) => {
        state.push(outputs.size);
        return state;
      },
      result: (state) => state.reduce((sum, size) => sum + size, 0),
    };
    expect(await broken(laws('metric', () => pushing as Metric))).toEqual({
      'update is pure, and the state is JSON': 'update changed the state it was given',
    });
  });
});

type Linear = { readonly weight: Tensor };
type Seen = { readonly mean: Tensor };

/** One matrix and a running mean of the inputs. */
const linear: Model<Linear, Seen> = {
  init: (key, inputShape) => {
    const size = inputShape.reduce((product, length) => product * length, 1);
    return { params: { weight: random.normal(key, [size, 3]) }, state: { mean: zeros([]) } };
  },
  apply: ({ weight }, { mean }, x, { train = false } = {}) => ({
    output: x
      .reshape([x.shape[0] ?? 0, weight.shape[0] ?? 0])
      .matmul(weight)
      .sub(mean),
    state: { mean: train ? mean.mul(0.9).add(x.mean().mul(0.1)) : mean },
  }),
};

describe('the model laws', () => {
  describe('hold for a linear model', () => {
    holds(laws('model', () => linear as unknown as Model));
  });

  describe('hold for a model of tokens', () => {
    const table: Model<Linear, Record<string, never>> = {
      init: (key) => ({ params: { weight: random.normal(key, [7, 3]) }, state: {} }),
      apply: ({ weight }, state, x) => ({ output: weight.gather(x), state }),
    };
    holds(laws('model', () => table as unknown as Model, { inputShape: [4], inputsBelow: 7 }));
  });

  it('catch batch statistics in evaluation, and a state that changes there', async () => {
    const leaking: Model<Linear, Seen> = {
      ...linear,
      apply: (params, state, x, options) => linear.apply(params, { mean: x.mean() }, x, options),
    };
    const found = await broken(laws('model', () => leaking as unknown as Model));
    expect(Object.keys(found)).toEqual(['evaluation leaves the state and treats examples alone']);
  });

  it('catch an init that forgets its key, and parameters without gradient', async () => {
    let seed = 0;
    const moody: Model<Linear, Seen> = {
      ...linear,
      init: (_, inputShape) => linear.init(random.key(seed++), inputShape),
    };
    expect(Object.keys(await broken(laws('model', () => moody as unknown as Model)))).toEqual([
      'init gives trees of tensors, the same for the same key',
    ]);
    const stuck: Model<Linear, Seen> = {
      ...linear,
      apply: (params, state, x, options) =>
        linear.apply({ weight: ones(params.weight.shape) }, state, x, options),
    };
    const found = await broken(laws('model', () => stuck as unknown as Model));
    expect(
      found['training gives finite gradients of every parameter, and a state of the same structure'],
    ).toBe('every gradient is 0');
  });
});

/** Batch normalisation with a running mean, without a scale. */
const centre: Normalization<{ shift: Tensor }, Seen> = {
  init: (inputShape) => ({
    params: { shift: zeros(inputShape, { dtype: 'float64' }) },
    state: { mean: zeros(inputShape, { dtype: 'float64' }) },
  }),
  apply: ({ shift }, { mean }, x, { train = false } = {}) => {
    const used = train ? x.mean(0) : mean;
    return {
      output: x.sub(used).add(shift),
      state: { mean: train ? mean.mul(0.9).add(used.mul(0.1)) : mean },
    };
  },
};

describe('the normalization laws', () => {
  describe('hold for centring', () => {
    holds(laws('normalization', () => centre as unknown as Normalization));
  });

  it('catch statistics that are tracked in evaluation', async () => {
    const tracking: typeof centre = {
      ...centre,
      apply: (params, state, x) => centre.apply(params, state, x, { train: true }),
    };
    const found = await broken(laws('normalization', () => tracking as unknown as Normalization));
    expect(Object.values(found)).toEqual(['evaluation changed the state']);
  });
});
