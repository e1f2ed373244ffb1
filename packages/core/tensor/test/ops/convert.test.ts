import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sum, tensor, zeros } from '../../src/index.js';
import type { NestedArray, Tensor } from '../../src/index.js';
import { expectError } from '../support/errors.js';

describe('tensor', () => {
  it('reads nested numbers and booleans', () => {
    const cases: readonly [Tensor, readonly number[], string][] = [
      [tensor(3), [], 'float32'],
      [tensor(true), [], 'bool'],
      [tensor([1, 2]), [2], 'float32'],
      [tensor([[true], [false]]), [2, 1], 'bool'],
      [tensor([true, 2]), [2], 'float32'],
      [tensor([]), [0], 'float32'],
      [tensor([[], []]), [2, 0], 'float32'],
      [tensor([[[1]]], { dtype: 'int32' }), [1, 1, 1], 'int32'],
      [tensor([1, 2, 3, 4], { shape: [2, 2] }), [2, 2], 'float32'],
      [tensor(7, { shape: [1, 1] }), [1, 1], 'float32'],
      [tensor([[1, 2]], { shape: [2] }), [2], 'float32'],
    ];
    for (const [t, shape, dtype] of cases)
      expect({ shape: t.shape, dtype: t.dtype }).toEqual({ shape, dtype });
  });

  it('keeps the dtype of typed arrays, and copies them', () => {
    for (const [data, dtype] of [
      [Float32Array.of(1, 2), 'float32'],
      [Float64Array.of(1, 2), 'float64'],
      [Int32Array.of(1, 2), 'int32'],
      [Uint8Array.of(1, 0), 'bool'],
    ] as const) {
      const before = Array.from(data);
      const t = tensor(data);
      expect(t.dtype).toBe(dtype);
      data[0] = 9;
      expect(Array.from(t.dataSync())).toEqual(before);
      const out = t.dataSync();
      expect(out.constructor).toBe(data.constructor);
      out[0] = 9;
      expect(Array.from(t.dataSync())).toEqual(before);
    }
  });

  it('reads views of a larger buffer at their place', () => {
    const whole = Float64Array.of(0, 1, 2, 3, 4);
    expect(tensor(whole.subarray(1, 3)).toArray()).toEqual([1, 2]);
    expect(tensor(new Uint8Array([7, 200, 0]).subarray(1), { dtype: 'float32' }).toArray()).toEqual([200, 0]);
    expect(tensor(Uint8Array.of(7, 0), { dtype: 'bool' }).toArray()).toEqual([true, false]);
  });

  it('takes bytes for bools only where they are 0 and 1', () => {
    const bytes = Uint8Array.of(1, 0, 7);
    const needsDType = 'got 7 at position 2; pass dtype:';
    expectError(() => tensor(bytes), 'DTYPE', `tensor: a Uint8Array without dtype holds bools, 0 or 1, ${needsDType}`); // prettier-ignore
    expectError(() => tensor(bytes, { shape: [3, 1] }), 'DTYPE', needsDType);
    expectError(() => tensor([1, 2, 3]).add(bytes), 'DTYPE', `add: a Uint8Array`);
    expectError(() => sum(bytes), 'DTYPE', 'sum: a Uint8Array');
    expectError(() => tensor([1, 2]).gather(bytes), 'DTYPE', 'gather: a Uint8Array');
    for (const dtype of ['int32', 'float32', 'float64'] as const)
      expect(tensor(bytes, { dtype }).toArray()).toEqual([1, 0, 7]);
    expect(tensor(bytes, { dtype: 'bool' }).toArray()).toEqual([true, false, true]);
    expect(sum(bytes.subarray(0, 2)).item()).toBe(1);
  });

  it('converts where every element fits', () => {
    expect(tensor([1, -2], { dtype: 'int32' }).dataSync()).toEqual(Int32Array.of(1, -2));
    expect(tensor(Float64Array.of(3, -0), { dtype: 'int32' }).toArray()).toEqual([3, 0]);
    expect(tensor([0.1], { dtype: 'float64' }).item()).toBe(0.1);
    expect(tensor([0.1]).item()).toBe(Math.fround(0.1));
    expect(tensor([2, 0, NaN], { dtype: 'bool' }).toArray()).toEqual([true, false, true]);
    for (const bad of [0.5, NaN, Infinity, 2 ** 31, -(2 ** 31) - 1])
      expectError(
        () => tensor([bad], { dtype: 'int32' }),
        'DTYPE',
        `tensor: ${bad} at position 0 is not an int32`,
      );
  });

  it('takes a tensor, with another dtype if asked', () => {
    const x = tensor([1, 2]);
    expect(tensor(x, { dtype: 'float64' }).dtype).toBe('float64');
    expect(tensor(x, { shape: [2] }).toArray()).toEqual([1, 2]);
    expectError(
      () => tensor(x, { shape: [1, 2] }),
      'SHAPE',
      'tensor: got a tensor of shape [2] with shape [1,2]; use reshape',
    );
  });

  it('refuses ragged nesting of every kind', () => {
    const ragged: readonly unknown[] = [
      [[1, 2], [3]],
      [[1], 2],
      [1, [2]],
      [[[1]], [[1, 2]]],
      [[1], []],
      [[], [1]],
    ];
    for (const data of ragged) expectError(() => tensor(data as number[]), 'SHAPE', 'ragged nesting');
    expectError(() => tensor([1, undefined] as number[]), 'ARGUMENT', 'got undefined');
    expectError(() => tensor([1, , 2] as number[]), 'ARGUMENT', 'got undefined'); // eslint-disable-line no-sparse-arrays
  });

  it('gives back what it got, over random nesting', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.double({ noNaN: true, noDefaultInfinity: true }), (shape, seed) => {
        let next = 0;
        const nest = (axis: number): NestedArray =>
          axis === shape.length ? seed + next++ : Array.from({ length: shape[axis]! }, () => nest(axis + 1));
        const data = nest(0);
        const t = tensor(data, { dtype: 'float64' });
        expect(t.shape).toEqual(shape);
        expect(t.toArray()).toEqual(data);
        expect(tensor(t.dataSync(), { shape }).toArray()).toEqual(data);
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});

describe('a tensor', () => {
  it('gives its elements in every form', async () => {
    const x = tensor([[1.5, 2], [3, 4]], { dtype: 'float64' }); // prettier-ignore
    expect(await x.data()).toEqual(Float64Array.of(1.5, 2, 3, 4));
    expect(x.dataSync()).toEqual(await x.data());
    expect(x.toArray()).toEqual([[1.5, 2], [3, 4]]); // prettier-ignore
    expect(tensor([true, false]).toArray()).toEqual([true, false]);
    expect(tensor(true).item()).toBe(1);
    expect(tensor([[4]]).item()).toBe(4);
    expect(zeros([2, 0]).toArray()).toEqual([[], []]);
    expect(String(x)).toBe('Tensor float64[2,2]');
    expect(+tensor(3) + 1).toBe(4);
  });

  it('is disposed once, by hand or by using, and says so', async () => {
    const x = tensor([1]);
    x.dispose();
    x.dispose();
    expect(x.isDisposed).toBe(true);
    for (const use of [() => x.dataSync(), () => x.item(), () => x.toArray(), () => x.add(1)])
      expect(use).toThrowError(expect.objectContaining({ code: 'DISPOSED' }));
    await expect((async () => x.data())()).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(String(x)).toBe('Tensor float32[1]');
    let kept: Tensor;
    {
      using inside = tensor([1, 2]);
      kept = inside;
      expect(inside.sum().item()).toBe(3);
    }
    expect(kept.isDisposed).toBe(true);
  });
});
