import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import {
  argsort,
  jit,
  median,
  quantile,
  searchsorted,
  sort,
  tensor,
  topK,
  unique,
  vmap,
  zeros,
} from '../../src/index.js';
import { checkDerivatives } from '../support/derivatives.js';
import { checkBatching, distinctTensor, randomTensor } from '../support/tensors.js';
import { expectError } from '../support/errors.js';
import { generator, integer } from '../support/kernels.js';

const x = tensor([[3, 1, 2], [0, NaN, -1]], { dtype: 'float64' }); // prettier-ignore

describe('sort and argsort', () => {
  it('put NaN last in both directions', () => {
    expect(sort(x).toArray()).toEqual([[1, 2, 3], [-1, 0, NaN]]); // prettier-ignore
    expect(sort(x, 1, { descending: true }).toArray()).toEqual([[3, 2, 1], [0, -1, NaN]]); // prettier-ignore
    expect(argsort(x).toArray()).toEqual([[1, 2, 0], [2, 0, 1]]); // prettier-ignore
    expect(sort(x, 0).toArray()).toEqual([[0, 1, -1], [3, NaN, 2]]); // prettier-ignore
    expect(argsort(tensor([1, 1, 0]), 0, { descending: true }).toArray()).toEqual([0, 1, 2]);
    expect(sort(tensor([true, false])).toArray()).toEqual([false, true]);
    expectError(() => sort(tensor(1)), 'INDEX', 'sort: axis -1 given, but a scalar has no axes');
  });

  it('carry derivatives along', () => {
    for (const seed of [1, 2, 3]) {
      const random = generator(seed);
      checkDerivatives('sort', (t) => sort(t, 0).mul(sort(t, 0)), [distinctTensor(random, [4, 2])], {
        seed,
      });
      checkBatching('sort', (t) => sort(t, 0, { descending: true }), randomTensor(random, [2, 4, 3]));
    }
  });
});

describe('topK', () => {
  it('gives the largest with their positions', () => {
    const { values, indices } = topK(tensor([[1, 5, 5, 2], [NaN, 0, 3, 9]]), 2); // prettier-ignore
    expect(values.toArray()).toEqual([[5, 5], [9, 3]]); // prettier-ignore
    expect(indices.toArray()).toEqual([[1, 2], [3, 2]]); // prettier-ignore
    expect(topK(x, 1, 0).values.shape).toEqual([1, 3]);
    expect(topK(x, 0).values.shape).toEqual([2, 0]);
    expectError(() => topK(x, 4), 'ARGUMENT', 'topK: k is 4, but axis 1 of float64[2,3] has only 3 elements');
    expectError(() => topK(x, -1), 'ARGUMENT', 'topK: k must be a whole number of at least 0, got -1');
  });

  it('differentiates', () => {
    for (const seed of [1, 2, 3]) {
      checkDerivatives('topK', (t) => topK(t.mul(t), 2).values, [distinctTensor(generator(seed), [2, 4])], {
        seed,
      });
    }
  });
});

describe('searchsorted', () => {
  it('agrees with counting', () => {
    for (const seed of [1, 2, 3]) {
      const random = generator(seed);
      for (let length = 0; length < 20; length++) {
        const keys = Array.from({ length }, () => integer(random, 0, 6)).sort((a, b) => a - b);
        const wanted = Array.from({ length: 9 }, (_, i) => i - 1);
        const left = wanted.map((v) => keys.filter((key) => key < v).length);
        const right = wanted.map((v) => keys.filter((key) => key <= v).length);
        for (const dtype of ['float64', 'int32'] as const) {
          const [sorted, values] = [tensor(keys, { dtype }), tensor(wanted, { dtype })];
          expect(searchsorted(sorted, values).toArray()).toEqual(left);
          expect(
            searchsorted(sorted, values.reshape([3, 3]), { side: 'right' })
              .reshape([9])
              .toArray(),
          ).toEqual(right);
        }
      }
    }
  });

  it('puts NaN above all numbers', () => {
    const sorted = tensor([1, Infinity, NaN, NaN]);
    expect(searchsorted(sorted, [NaN, Infinity]).toArray()).toEqual([2, 1]);
    expect(searchsorted(sorted, NaN, { side: 'right' }).toArray()).toBe(4);
  });

  it('is traceable, and refuses', () => {
    const sorted = tensor([1, 2, 4]);
    expect(jit((v: Tensor) => searchsorted(sorted, v))(tensor([0, 3])).toArray()).toEqual([0, 2]);
    checkBatching(
      'searchsorted',
      (v) => searchsorted(sorted, v),
      randomTensor(generator(1), [4, 2], { low: 0, high: 5, dtype: 'float64' }),
    );
    expectError(
      () => searchsorted(x, 1),
      'SHAPE',
      'searchsorted: needs a sorted tensor with one axis, got float64[2,3]',
    );
    expectError(
      () => searchsorted(sorted, 1, { side: 'middle' as never }),
      'ARGUMENT',
      "side must be 'left' or 'right', got 'middle'",
    );
  });
});

describe('median and quantile', () => {
  const t = tensor([[4, 1, 3, 2], [10, 0, 5, 5]], { dtype: 'float64' }); // prettier-ignore

  it('interpolate between sorted elements', () => {
    expect(median(t, 1).toArray()).toEqual([2.5, 5]);
    expect(median(t).item()).toBe(3.5);
    expect(quantile(t, 0.25, 1, { keepDims: true }).toArray()).toEqual([[1.75], [3.75]]);
    expect(quantile(t, [0, 1], 1).toArray()).toEqual([[1, 0], [4, 10]]); // prettier-ignore
    expect(median(tensor([3, 1, 2], { dtype: 'int32' })).dtype).toBe('float32');
    expect(median(x, 1).toArray()).toEqual([2, NaN]);
    expect(quantile(tensor([-Infinity, 1, Infinity]), 0.5).item()).toBe(1);
  });

  it('refuse', () => {
    expectError(() => quantile(t, 1.5), 'ARGUMENT', 'quantile: q must lie between 0 and 1, got 1.5');
    expectError(() => quantile(t, NaN), 'ARGUMENT', 'got NaN');
    expectError(
      () => quantile(t, []),
      'ARGUMENT',
      'quantile: q must be a number or an array of at least one, got []',
    );
    expectError(
      () => median(zeros([2, 0]), 1),
      'SHAPE',
      'median: float32[2,0] has no elements along axes [1]',
    );
  });

  it('differentiate and batch', () => {
    for (const seed of [1, 2, 3]) {
      const random = generator(seed);
      checkDerivatives(
        'quantile',
        (s) => quantile(s.mul(s), [0.3, 0.5], 0),
        [distinctTensor(random, [5, 2])],
        { seed },
      );
      checkBatching('median', (s) => median(s), randomTensor(random, [3, 2, 3]));
    }
  });
});

describe('unique', () => {
  it('gives values, counts and where each element went', () => {
    const { values, counts, inverse } = unique(tensor([[2, NaN, 1], [-0, 2, 0]], { dtype: 'float64' })); // prettier-ignore
    expect(values.toArray()).toEqual([0, 1, 2, NaN]);
    expect(counts.toArray()).toEqual([2, 1, 2, 1]);
    expect(inverse.toArray()).toEqual([[2, 3, 1], [0, 2, 0]]); // prettier-ignore
    expect(unique(tensor([true, true])).values.toArray()).toEqual([true]);
    expect(unique(zeros([0])).values.shape).toEqual([0]);
  });

  it('cannot be traced', () => {
    const message = 'unique: the size of the result depends on the elements';
    expectError(() => jit((t: Tensor) => unique(t).values)(tensor([1])), 'TRACE', message);
    expectError(() => vmap((t: Tensor) => unique(t).values)(zeros([2, 3])), 'TRACE', message);
  });
});
