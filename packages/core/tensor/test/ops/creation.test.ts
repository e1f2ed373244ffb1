import { describe, expect, it } from 'vitest';
import {
  arange,
  dtypes,
  eye,
  full,
  fullLike,
  jit,
  linspace,
  ones,
  onesLike,
  tensor,
  zeros,
  zerosLike,
} from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

const elements = (t: Tensor): number[] => Array.from(t.dataSync());

describe('creation', () => {
  it.each(dtypes)('zeros, ones and full of %s', (dtype) => {
    const two = dtype === 'bool' ? 1 : 2;
    for (const [t, value] of [
      [zeros([2, 3], { dtype }), 0],
      [ones([2, 3], { dtype }), 1],
      [full([2, 3], 2, { dtype }), two],
      [zerosLike(ones([2, 3], { dtype })), 0],
      [onesLike(zeros([2, 3], { dtype })), 1],
      [fullLike(zeros([2, 3], { dtype }), 2), two],
    ] as const) {
      expect({ shape: t.shape, dtype: t.dtype, ndim: t.ndim, size: t.size }).toEqual({
        shape: [2, 3],
        dtype,
        ndim: 2,
        size: 6,
      });
      expect(elements(t)).toEqual([value, value, value, value, value, value]);
    }
  });

  it('is float32 unless told otherwise, and bool for booleans', () => {
    expect(zeros([1]).dtype).toBe('float32');
    expect(ones([]).item()).toBe(1);
    expect(full([2], true).dtype).toBe('bool');
    expect(full([2], true, { dtype: 'float64' }).toArray()).toEqual([1, 1]);
    expect(zeros([0, 3]).toArray()).toEqual([]);
    expect(full([1], NaN).item()).toBe(NaN);
    expect(full([2], 3, { dtype: 'bool' }).toArray()).toEqual([true, true]);
  });

  it('takes a copy of the shape', () => {
    const shape = [2, 2];
    const x = zeros(shape);
    shape[0] = 7;
    expect(x.shape).toEqual([2, 2]);
  });

  it('eye is rectangular, with its diagonal anywhere', () => {
    expect(eye(2).toArray()).toEqual([[1, 0], [0, 1]]); // prettier-ignore
    expect(eye(2, 3, { offset: 1, dtype: 'int32' }).toArray()).toEqual([[0, 1, 0], [0, 0, 1]]); // prettier-ignore
    expect(eye(2, 2, { offset: -1, dtype: 'bool' }).toArray()).toEqual([[false, false], [true, false]]); // prettier-ignore
    expect(eye(0).shape).toEqual([0, 0]);
    expect(eye(2, 2, { offset: 9 }).sum().item()).toBe(0);
  });

  it('arange counts like Python', () => {
    expect(arange(4).toArray()).toEqual([0, 1, 2, 3]);
    expect(arange(4).dtype).toBe('int32');
    expect(arange(1, 4).toArray()).toEqual([1, 2, 3]);
    expect(arange(5, 0, -2).toArray()).toEqual([5, 3, 1]);
    expect(arange(1, 1).shape).toEqual([0]);
    expect(arange(3, 0).shape).toEqual([0]);
    expect(arange(0, 1, 0.25).toArray()).toEqual([0, 0.25, 0.5, 0.75]);
    expect(arange(0, 1, 0.25).dtype).toBe('float32');
    expect(arange(-(2 ** 31), -(2 ** 31) + 2).toArray()).toEqual([-(2 ** 31), -(2 ** 31) + 1]);
    expect(arange(2 ** 31, 2 ** 31 + 2, 1, { dtype: 'float64' }).toArray()).toEqual([2 ** 31, 2 ** 31 + 1]);
    expect(elements(arange(0, 1, 0.1, { dtype: 'float64' }))[3]).toBe(3 * 0.1);
    // Each float32 is the nearest to the float64 value: nothing adds up along the way.
    const steps = arange(0, 1000, 0.1);
    expect(elements(steps)[9999]).toBe(Math.fround(9999 * 0.1));
  });

  it('linspace has both ends exactly', () => {
    expect(linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(linspace(0, 1).shape).toEqual([50]);
    expect(linspace(3, 9, 1).toArray()).toEqual([3]);
    expect(linspace(3, 9, 0).shape).toEqual([0]);
    for (const n of [3, 7, 10, 49, 1000]) {
      const x = elements(linspace(0.1, 0.7, n, { dtype: 'float64' }));
      expect([x[0], x.at(-1)]).toEqual([0.1, 0.7]);
    }
    expect(linspace(1, -1, 3).toArray()).toEqual([1, 0, -1]);
    expect(linspace(2, 2, 3).toArray()).toEqual([2, 2, 2]);
  });

  it('works within jit', () => {
    const f = jit((x: Tensor) =>
      x
        .add(arange(3))
        .mul(eye(3))
        .add(linspace(0, 1, 3))
        .add(onesLike(x)),
    );
    expect(f(tensor([1, 2, 3])).shape).toEqual([3, 3]);
  });
});
