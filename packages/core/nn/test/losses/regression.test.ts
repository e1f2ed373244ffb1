import { grad, tensor, zeros } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { cosineSimilarity, huber, l1, mse, smoothL1 } from '../../src/index.js';
import { checkGradient, expectClose, expectError, normal, seeds } from '../support/checks.js';

const elementwise = { mse, l1, huber, smoothL1 };

describe.each(Object.entries(elementwise))('%s', (name, loss) => {
  it('is 0 at the target, and reduces by mean, sum or not at all', () => {
    for (const seed of seeds) {
      const [x, y] = [normal(seed, [4, 3]), normal(seed + 1, [4, 3])];
      expect(loss(x, x).item()).toBe(0);
      const each = loss(x, y, { reduction: 'none' });
      expect(each.shape).toEqual([4, 3]);
      expectClose(loss(x, y), each.mean());
      expectClose(loss(x, y, { reduction: 'sum' }), each.sum());
      expectClose(loss(x, y), loss(y, x));
      checkGradient((v: Tensor) => loss(v, y), x, seed);
    }
  });

  it('refuses other shapes, reductions and nothing', () => {
    expectError(
      () => loss(normal(1, [3]), normal(1, [3, 1])),
      'SHAPE',
      /: prediction and target must have one shape, got \[3\] and \[3,1\]/,
    );
    expectError(
      () => loss(normal(1, [3]), normal(1, [3]), { reduction: 'avg' as 'mean' }),
      'ARGUMENT',
      'reduction must be mean, sum or none, got avg',
    );
    expectError(() => loss(zeros([0]), zeros([0])), 'SHAPE', 'needs at least one element');
    expect(name.length).toBeGreaterThan(0);
  });
});

describe('huber and smoothL1', () => {
  it('turn linear at their threshold, without a jump of value or slope', () => {
    const d = tensor([-3, -0.5, 0, 0.5, 3], { dtype: 'float64' });
    const zero = d.mul(0);
    const none = { reduction: 'none' } as const;
    expect(huber(d, zero, { delta: 2, ...none }).toArray()).toEqual([4, 0.125, 0, 0.125, 4]);
    expect(smoothL1(d, zero, { beta: 2, ...none }).toArray()).toEqual([2, 0.0625, 0, 0.0625, 2]);
    const slope = grad((x: Tensor) => huber(x, zero, { delta: 2, reduction: 'sum' }))(d);
    expect(slope.toArray()).toEqual([-2, -0.5, 0, 0.5, 2]);
    const edge = tensor([2 - 1e-9, 2, 2 + 1e-9], { dtype: 'float64' });
    expectClose(huber(edge, edge.mul(0), { delta: 2, ...none }), edge.mul(0).add(2), 1e-8);
  });

  it('become mse/2 for a wide threshold', () => {
    const [x, y] = [normal(1, [5]), normal(2, [5])];
    expectClose(huber(x, y, { delta: 1e6 }), mse(x, y).mul(0.5));
  });

  it('refuse thresholds that are not positive', () => {
    const x = normal(1, [2]);
    for (const value of [0, -1, NaN, Infinity]) {
      expectError(() => huber(x, x, { delta: value }), 'ARGUMENT', `huber: delta must be a finite number above 0, got ${value}`); // prettier-ignore
      expectError(() => smoothL1(x, x, { beta: value }), 'ARGUMENT', `smoothL1: beta must be a finite number above 0`); // prettier-ignore
    }
  });
});

describe('cosineSimilarity', () => {
  it('is 1 for one direction, -1 for the opposite, whatever the lengths', () => {
    for (const seed of seeds) {
      const x = normal(seed, [4, 3]);
      const ones = x.sum(1).mul(0).add(1);
      expectClose(cosineSimilarity(x, x.mul(7)), ones);
      expectClose(cosineSimilarity(x, x.mul(-0.1)), ones.neg());
      expectClose(cosineSimilarity(x, x, { axis: 0 }), x.sum(0).mul(0).add(1));
      checkGradient((v: Tensor) => cosineSimilarity(v, x).sum(), normal(seed + 1, [4, 3]), seed);
    }
  });

  it('is 0 with finite gradients for zero vectors', () => {
    const zero = zeros([1, 3], { dtype: 'float64' });
    const x = normal(1, [1, 3]);
    expect(cosineSimilarity(zero, x).toArray()).toEqual([0]);
    const slope = grad((v: Tensor) => cosineSimilarity(v, x).sum())(zero);
    expect(slope.dataSync().every(Number.isFinite)).toBe(true);
  });

  it('refuses other shapes and options', () => {
    expectError(() => cosineSimilarity(normal(1, [3]), normal(1, [4])), 'SHAPE', 'cosineSimilarity: ');
    expectError(() => cosineSimilarity(normal(1, [3]), normal(1, [3]), { axis: 1 }), 'INDEX', 'axis');
    expectError(() => cosineSimilarity(normal(1, [3]), normal(1, [3]), { epsilon: NaN }), 'ARGUMENT', 'cosineSimilarity: epsilon must be'); // prettier-ignore
  });
});
