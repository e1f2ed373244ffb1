import { ones, random, zeros } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import {
  batchNorm,
  batchNormalization,
  groupNorm,
  groupNormalization,
  layerNorm,
  layerNormalization,
  rmsNorm,
  rmsNormalization,
} from '../src/index.js';
import { expectClose, expectError, normal, seeds } from './support/checks.js';

const dtype = { dtype: 'float64' } as const;
const plain = (size: number) => ({ weight: ones([size], dtype), bias: zeros([size], dtype) });
const fresh = (size: number) => ({ mean: zeros([size], dtype), variance: ones([size], dtype) });

describe('layerNorm', () => {
  it('gives mean 0 and variance 1, whatever the shift and scale of the input', () => {
    for (const seed of seeds) {
      const x = normal(seed, [5, 8]);
      const y = layerNorm(x, plain(8), { epsilon: 0 });
      expectClose(y.mean(-1), zeros([5], dtype));
      expectClose(y.variance(-1), ones([5], dtype));
      expectClose(layerNorm(x.mul(37).add(-5), plain(8), { epsilon: 0 }), y);
    }
  });

  it('refuses other shapes and options', () => {
    expectError(
      () => layerNorm(normal(1, [2, 3]), plain(4)),
      'SHAPE',
      "layerNorm: input [2,3] does not end in the layer's shape [4]",
    );
    expectError(
      () => layerNorm(normal(1, [4]), { weight: ones([2, 4]), bias: zeros([2, 4]) }),
      'SHAPE',
      '[2,4]',
    );
    expectError(() => layerNormalization({ epsilon: NaN }), 'ARGUMENT', 'epsilon must be a finite number');
    expectError(
      () => layerNormalization({ axes: 0 }),
      'ARGUMENT',
      'axes must be a whole number of at least 1',
    );
    expectError(
      () => layerNormalization({ axes: 2 }).init(random.key(1), [4]),
      'SHAPE',
      'layerNormalization: examples must have at least 2 axes, got [4]',
    );
  });
});

describe('rmsNorm', () => {
  it('gives a mean square of 1, whatever the scale', () => {
    for (const seed of seeds) {
      const x = normal(seed, [5, 8]);
      const y = rmsNorm(x, plain(8), { epsilon: 0 });
      expectClose(y.square().mean(-1), ones([5], dtype));
      expectClose(rmsNorm(x.mul(37), plain(8), { epsilon: 0 }), y);
    }
  });

  it('refuses other shapes and options', () => {
    expectError(() => rmsNorm(normal(1, [2, 3]), plain(4)), 'SHAPE', 'rmsNorm: input has 3 features');
    expectError(() => rmsNorm(normal(1, [4]), plain(4), { epsilon: -1 }), 'ARGUMENT', 'rmsNorm: epsilon');
    expectError(() => rmsNormalization().init(random.key(1), []), 'SHAPE', 'got []');
  });
});

describe('groupNorm', () => {
  it('is layerNorm over the whole example for one group, and over each channel for as many groups', () => {
    const x = normal(1, [2, 4, 3, 3]);
    const flat = (groups: number) => x.reshape([2, groups, -1]);
    const whole = (groups: number) => layerNorm(flat(groups), plain(36 / groups)).reshape(x.shape);
    for (const groups of [1, 2, 4]) expectClose(groupNorm(x, plain(4), groups), whole(groups));
  });

  it('does not depend on a shift and scale of each group', () => {
    const x = normal(2, [2, 4, 5]);
    const scales = normal(3, [1, 2, 1]).repeat(2, 1).add(4);
    const options = { epsilon: 0 };
    expectClose(
      groupNorm(x.mul(scales).add(scales), plain(4), 2, options),
      groupNorm(x, plain(4), 2, options),
      1e-11,
    );
  });

  it('refuses channels that do not split', () => {
    expectError(
      () => groupNorm(normal(1, [2, 4, 3]), plain(4), 3),
      'SHAPE',
      'groupNorm: 4 channels do not split into 3 groups',
    );
    expectError(() => groupNorm(normal(1, [2, 3, 3]), plain(4), 2), 'SHAPE', 'input has 3 channels');
    expectError(() => groupNormalization(0), 'ARGUMENT', 'groups must be a whole number of at least 1');
    expectError(() => groupNormalization(3).init(random.key(1), [4, 2]), 'SHAPE', '4 channels do not split');
  });
});

describe('batchNorm', () => {
  it('gives each channel mean 0 and variance 1 in training', () => {
    for (const seed of seeds) {
      const x = normal(seed, [6, 3, 4]).mul(5).add(2);
      const { output } = batchNorm(x, plain(3), fresh(3), { train: true, epsilon: 0 });
      expectClose(output.mean([0, 2]), zeros([3], dtype));
      expectClose(output.variance([0, 2]), ones([3], dtype));
    }
  });

  it('comes in evaluation to what training did, when it has seen the same batch often', () => {
    const layer = batchNormalization({ momentum: 0.2 });
    for (const seed of seeds) {
      const x = normal(seed, [50, 3]).mul(2).add(seed);
      const { params, state } = layer.init(random.key(0), [3], dtype);
      let now = state;
      for (let i = 0; i < 150; i++) now = layer.apply(params, now, x, { train: true }).state;
      expectClose(now.mean, x.mean(0));
      expectClose(now.variance, x.variance(0, { ddof: 1 }));
      const trained = layer.apply(params, now, x, { train: true }).output;
      const evaluated = layer.apply(params, now, x).output;
      // Training divides by the biased variance, evaluation by the unbiased one.
      expectClose(evaluated.mul(Math.sqrt(50 / 49)), trained, 1e-4);
    }
  });

  it('begins evaluation with mean 0 and variance 1, and moves both by the momentum', () => {
    const x = normal(4, [5, 2]);
    const { output, state } = batchNorm(x, plain(2), fresh(2), { epsilon: 0 });
    expectClose(output, x);
    expect(state.mean.toArray()).toEqual([0, 0]);
    const after = batchNorm(x, plain(2), fresh(2), { train: true, momentum: 0.25 }).state;
    expectClose(after.mean, x.mean(0).mul(0.25));
    expectClose(after.variance, x.variance(0, { ddof: 1 }).mul(0.25).add(0.75));
  });

  it('refuses a single value per channel in training, other channels and options', () => {
    expectError(
      () => batchNorm(normal(1, [1, 3]), plain(3), fresh(3), { train: true }),
      'SHAPE',
      'batchNorm: training needs more than one value per channel, got input [1,3]',
    );
    expectError(() => batchNorm(normal(1, [2, 4]), plain(3), fresh(3)), 'SHAPE', 'input has 4 channels');
    expectError(
      () => batchNorm(normal(1, [3]), plain(3), fresh(3)),
      'SHAPE',
      'input has no axis of channels',
    );
    expectError(() => batchNormalization({ momentum: 1.5 }), 'ARGUMENT', 'momentum must lie between 0 and 1');
    expectError(() => batchNormalization({ momentum: NaN }), 'ARGUMENT', 'got NaN');
    expectError(() => batchNormalization().init(random.key(1), []), 'SHAPE', '[channels, ...], got []');
  });
});
