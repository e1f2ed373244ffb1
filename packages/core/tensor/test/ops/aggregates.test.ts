import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import {
  all,
  any,
  argmax,
  argmin,
  grad,
  logsumexp,
  max,
  mean,
  min,
  prod,
  std,
  sum,
  tensor,
  variance,
  zeros,
} from '../../src/index.js';
import { checkDerivatives } from '../support/derivatives.js';
import { checkBatching, distinctTensor, randomTensor } from '../support/tensors.js';
import { expectError } from '../support/errors.js';
import { generator } from '../support/kernels.js';

const f64 = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: 'float64' });
const x = f64([
  [1, 2, 3],
  [4, 5, 9],
]);

describe('sum, prod, mean, max, min', () => {
  it('take one axis, several, negative ones, or all', () => {
    expect(sum(x).toArray()).toBe(24);
    expect(sum(x, 0).toArray()).toEqual([5, 7, 12]);
    expect(sum(x, -1).toArray()).toEqual([6, 18]);
    expect(sum(x, [0, 1]).toArray()).toBe(24);
    expect(sum(x, []).toArray()).toEqual(x.toArray());
    expect(prod(x, 1).toArray()).toEqual([6, 180]);
    expect(mean(x, 0).toArray()).toEqual([2.5, 3.5, 6]);
    expect(max(x, 0).toArray()).toEqual([4, 5, 9]);
    expect(min(x).toArray()).toBe(1);
  });

  it('keep axes with keepDims', () => {
    expect(sum(x, 1, { keepDims: true }).shape).toEqual([2, 1]);
    expect(mean(x, undefined, { keepDims: true }).shape).toEqual([1, 1]);
    expect(max(x, [0], { keepDims: true }).shape).toEqual([1, 3]);
    expect(argmax(x, 1, { keepDims: true }).shape).toEqual([2, 1]);
    expect(argmax(x, null, { keepDims: true }).toArray()).toEqual([[5]]);
  });

  it('are methods too, and take numbers', () => {
    expect(x.sum(0).mean().item()).toBe(8);
    expect(sum(3).item()).toBe(3);
    expect(x.variance().item()).toBeCloseTo(variance(x).item(), 15);
  });

  it('count booleans in int32, and average integers in float32', () => {
    const flags = tensor([true, false, true]);
    expect([sum(flags).dtype, sum(flags).item()]).toEqual(['int32', 2]);
    expect([prod(flags).dtype, prod(flags).item()]).toEqual(['int32', 0]);
    expect([mean(flags).dtype, mean(tensor([1, 2], { dtype: 'int32' })).item()]).toEqual(['float32', 1.5]);
  });

  it('have values over nothing where there is one', () => {
    expect([sum(zeros([0])).item(), prod(zeros([0])).item()]).toEqual([0, 1]);
    expect(sum(zeros([2, 0]), 1).toArray()).toEqual([0, 0]);
    expectError(() => mean(zeros([2, 0]), 1), 'SHAPE', 'mean: float32[2,0] has no elements along axes [1]');
    expectError(() => max(zeros([0])), 'SHAPE', 'max: float32[0] has no elements along axes [0]');
    expectError(() => min(zeros([0])), 'SHAPE', 'min: float32[0]');
  });

  it('share the derivative among ties', () => {
    expect(grad((t: Tensor) => max(t))(f64([1, 3, 3, 0])).toArray()).toEqual([0, 0.5, 0.5, 0]);
    expect(grad((t: Tensor) => min(t, 0).sum())(f64([[2, 1], [2, 5]])).toArray()).toEqual([[0.5, 1], [0.5, 0]]); // prettier-ignore
  });

  it('name what is wrong with an axis', () => {
    expectError(() => sum(x, 2), 'INDEX', 'sum: axis 2 is out of range for 2 axes; use -2..1');
    expectError(() => max(x, [0, -2]), 'ARGUMENT', 'max: axis 0 is given twice');
    expectError(() => mean(x, 0.5), 'INDEX', 'mean: axis 0.5');
    expectError(() => sum(tensor(1), 0), 'INDEX', 'sum: axis 0 given, but a scalar has no axes');
    expectError(() => sum('abc' as never), 'ARGUMENT', 'sum: needs a tensor or a number');
  });
});

describe('all and any', () => {
  it('treat every number but 0 as true', () => {
    const t = tensor([[0, 2], [NaN, 3]]); // prettier-ignore
    expect(all(t, 0).toArray()).toEqual([false, true]);
    expect(any(t, 1).toArray()).toEqual([true, true]);
    expect([all(t).dtype, any(tensor([0, 0])).toArray()]).toEqual(['bool', false]);
  });

  it('are true and false over nothing', () => {
    expect(all(zeros([0])).toArray()).toBe(true);
    expect(any(zeros([2, 0]), 1, { keepDims: true }).toArray()).toEqual([[false], [false]]);
  });
});

describe('argmax and argmin', () => {
  it('give the first extreme along an axis or of the flattened tensor', () => {
    expect(argmax(x, 1).toArray()).toEqual([2, 2]);
    expect(argmin(x, 0).toArray()).toEqual([0, 0, 0]);
    expect([argmax(x).item(), argmax(x).dtype]).toEqual([5, 'int32']);
    expect(argmax(tensor([1, 7, 7])).item()).toBe(1);
    expect([argmax(tensor([1, NaN, 7])).item(), argmin(tensor([1, NaN, -7])).item()]).toEqual([1, 1]);
    expectError(() => argmax(zeros([0, 2]), 0), 'SHAPE', 'argmax: float32[0,2] has no elements');
  });
});

describe('variance and std', () => {
  it('divide by n - ddof', () => {
    expect(variance(x, 1).toArray()).toEqual([2 / 3, 14 / 3]);
    expect(variance(x, 1, { ddof: 1 }).toArray()).toEqual([1, 7]);
    expect(std(x, 0, { keepDims: true }).toArray()).toEqual([[1.5, 1.5, 3]]);
  });

  it('keep their digits beside a large mean', () => {
    const large = f64([1e9 + 1, 1e9 + 2, 1e9 + 3]);
    expect(variance(large).item()).toBeCloseTo(2 / 3, 14);
  });

  it('are NaN where nothing is left to divide by', () => {
    expect(variance(f64([1]), 0, { ddof: 1 }).item()).toBeNaN();
    expect(std(f64([[1, 2], [5, 5]]), 1, { ddof: 3 }).toArray()).toEqual([Infinity, NaN]); // prettier-ignore
  });

  it('refuse nothing, and a ddof that makes no sense', () => {
    expectError(() => variance(zeros([0])), 'SHAPE', 'variance: float32[0] has no elements along axes [0]');
    expectError(
      () => std(x, 1, { ddof: NaN }),
      'ARGUMENT',
      'std: ddof must be a finite number of at least 0, got NaN',
    );
  });

  it('differentiate and batch', () => {
    for (const seed of [1, 2, 3]) {
      const random = generator(seed);
      checkDerivatives('variance', (t) => variance(t, 0, { ddof: 1 }), [randomTensor(random, [4, 3])], {
        seed,
      });
      checkDerivatives('std', (t) => std(t), [randomTensor(random, [2, 5])], { seed });
      checkBatching('std', (t) => std(t, 1), randomTensor(random, [3, 2, 4]));
    }
  });
});

describe('logsumexp', () => {
  it('does not overflow', () => {
    expect(logsumexp(f64([1000, 1000])).item()).toBeCloseTo(1000 + Math.LN2, 12);
    expect(logsumexp(f64([-1000, -1000])).item()).toBeCloseTo(-1000 + Math.LN2, 12);
    expect(logsumexp(x, 0, { keepDims: true }).shape).toEqual([1, 3]);
    expect(logsumexp(tensor([0, 0], { dtype: 'int32' })).item()).toBeCloseTo(Math.LN2, 6);
  });

  it('takes infinities, NaN and nothing', () => {
    const rows = f64([[-Infinity, -Infinity], [Infinity, 1], [-Infinity, 1], [NaN, 1], [Infinity, -Infinity]]); // prettier-ignore
    expect(logsumexp(rows, 1).toArray()).toEqual([-Infinity, Infinity, 1, NaN, Infinity]);
    expect(logsumexp(zeros([2, 0]), 1).toArray()).toEqual([-Infinity, -Infinity]);
  });

  it('has the softmax as derivative, to second order', () => {
    for (const seed of [1, 2, 3]) {
      const random = generator(seed);
      checkDerivatives(
        'logsumexp',
        (t) => logsumexp(t, -1),
        [randomTensor(random, [3, 4], { low: -5, high: 5 })],
        { seed },
      );
      checkDerivatives('logsumexp, far out', (t) => logsumexp(t.add(800)), [distinctTensor(random, [5])], {
        seed,
      });
      checkBatching('logsumexp', (t) => logsumexp(t, 0), randomTensor(random, [2, 3, 4]));
    }
    const gradient = grad((t: Tensor) => logsumexp(t))(f64([0, -Infinity])).toArray();
    expect(gradient).toEqual([1, 0]);
  });
});
