import { describe, expect, it } from 'vitest';
import {
  bytesPerElement,
  concat,
  dtypes,
  isFloat,
  maximum,
  promote,
  tensor,
  where,
  zeros,
} from '../src/index.js';
import type { DType, Tensor } from '../src/index.js';
import { generator } from './support/kernels.js';

const order: readonly DType[] = ['bool', 'int32', 'float32', 'float64'];
const higher = (a: DType, b: DType): DType => (order.indexOf(a) > order.indexOf(b) ? a : b);
const pairs = dtypes.flatMap((a) => dtypes.map((b) => [a, b] as const));

describe('promotion', () => {
  it.each(pairs)('%s with %s', (a, b) => {
    const expected = higher(a, b);
    expect(promote(a, b)).toBe(expected);
    const x = zeros([2], { dtype: a });
    const y = zeros([2], { dtype: b });
    expect(where(true, x, y).dtype).toBe(expected);
    expect(concat([x, y]).dtype).toBe(expected);
    expect(maximumOr(x, y)).toBe(expected);
    expect(x.equal(y).dtype).toBe('bool');
    if (expected === 'bool') expect(() => x.add(y)).toThrowError(expect.objectContaining({ code: 'DTYPE' }));
    else expect(x.add(y).dtype).toBe(expected);
    if (isFloat(expected)) expect(x.div(y.add(1)).dtype).toBe(expected === 'float64' ? 'float64' : 'float32');
    else expect(() => x.div(y)).toThrowError(expect.objectContaining({ code: 'DTYPE' }));
  });

  function maximumOr(x: Tensor, y: Tensor): DType {
    return x.dtype === 'bool' && y.dtype === 'bool' ? 'bool' : maximum(x, y).dtype;
  }

  it.each([
    ['float64', 2, 'float64'],
    ['float64', 0.5, 'float64'],
    ['float32', 0.1, 'float32'],
    ['float32', 1e300, 'float32'],
    ['int32', 2, 'int32'],
    ['int32', 0.5, 'float32'],
    ['int32', 2 ** 31, 'float32'],
    ['int32', NaN, 'float32'],
    ['bool', 2, 'int32'],
    ['bool', 0.5, 'float32'],
  ] as const)('%s with the JS number %s gives %s', (dtype, number, expected) => {
    const x = zeros([2], { dtype });
    expect(x.add(number).dtype).toBe(expected);
    expect(where(true, number, x).dtype).toBe(expected);
  });

  it.each(dtypes)('%s with JS booleans, arrays and typed arrays', (dtype) => {
    const x = zeros([2], { dtype });
    if (dtype !== 'bool') expect(x.add(true).dtype).toBe(dtype);
    if (isFloat(dtype)) expect(x.add([1, 2]).dtype).toBe(dtype);
    expect(x.add(new Float64Array(2)).dtype).toBe('float64');
    expect(x.add(new Int32Array(2)).dtype).toBe(higher(dtype, 'int32'));
  });

  it('of functions of real analysis makes integers float32', () => {
    for (const f of ['exp', 'sqrt', 'sin', 'tanh', 'mean', 'softmax'] as const) {
      expect(tensor([1, 2], { dtype: 'int32' })[f]().dtype).toBe('float32');
      expect(tensor([1, 2], { dtype: 'float64' })[f]().dtype).toBe('float64');
    }
    for (const f of ['abs', 'neg', 'sum', 'prod', 'max', 'cumsum', 'floor', 'square'] as const)
      expect(tensor([1, 2], { dtype: 'int32' })[f]().dtype).toBe('int32');
    expect(tensor([true, true]).sum().dtype).toBe('int32');
  });

  it('tells sizes', () => {
    expect(dtypes.map(bytesPerElement)).toEqual([4, 8, 4, 1]);
  });
});

describe('cast', () => {
  it('drops fractions, takes anything but 0 for true, and keeps all digits upwards', () => {
    const x = tensor([-1.7, 1.7, 0, 0.3], { dtype: 'float64' });
    expect(x.cast('int32').toArray()).toEqual([-1, 1, 0, 0]);
    expect(x.cast('bool').toArray()).toEqual([true, true, false, true]);
    expect(tensor(NaN).cast('bool').item()).toBe(1);
    expect(tensor(0.1).cast('float64').item()).toBe(Math.fround(0.1));
    expect(
      tensor(2 ** 24 + 1, { dtype: 'int32' })
        .cast('float32')
        .item(),
    ).toBe(2 ** 24);
    expect(tensor([true]).cast('float64').toArray()).toEqual([1]);
  });
});

describe('sums', () => {
  const sizes = [1_000_000, 4_000_003];

  it.each(sizes)(
    'of %i float32 elements are as exact as the result can be, with the same bits each time',
    (n) => {
      const random = generator(n);
      const data = Float32Array.from({ length: n }, () => random());
      let exact = 0;
      let lost = 0;
      for (const value of data) {
        // Kahan's summation in float64.
        const next = value - lost;
        const total = exact + next;
        lost = total - exact - next;
        exact = total;
      }
      const x = tensor(data);
      const sum = x.sum().item();
      expect(sum).toBe(Math.fround(exact));
      expect(x.mean().item()).toBeCloseTo(exact / n, 7);
      for (let run = 0; run < 3; run++) expect(x.sum().item()).toBe(sum);
      expect(x.reshape([1, n]).sum(1).item()).toBe(sum);
    },
  );

  it('of 0.1 along either axis of a matrix', () => {
    const x = zeros([1000, 1000]).add(0.1);
    for (const axis of [0, 1]) {
      const sums = x.sum(axis).dataSync();
      expect(sums.every((value) => value === Math.fround(1000 * Math.fround(0.1)))).toBe(true);
    }
  });

  it('of float64 lose at most the digits of pairwise addition', () => {
    const n = 1_000_000;
    const x = zeros([n], { dtype: 'float64' }).add(0.1);
    expect(Math.abs(x.sum().item() - 0.1 * n) / (0.1 * n)).toBeLessThan(1e-14);
    const cancelling = tensor([1e16, 1, -1e16, 1], { dtype: 'float64' }).tile(1000);
    expect(Math.abs(cancelling.sum().item())).toBeLessThanOrEqual(4000);
  });

  it('have variances that a large mean does not spoil', () => {
    const x = tensor([1e8 + 1, 1e8 + 2, 1e8 + 3], { dtype: 'float64' });
    expect(x.variance().item()).toBeCloseTo(2 / 3, 12);
    expect(
      tensor([1e4, 1e4 + 1, 1e4 + 2])
        .variance()
        .item(),
    ).toBeCloseTo(2 / 3, 5);
  });
});
