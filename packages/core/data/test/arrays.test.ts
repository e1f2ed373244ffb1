import { tensor } from '@core/tensor';
import { describe, expect, test } from 'vitest';
import type { ArrayData } from '../src/index.js';
import { arrayData, fromTensor, fromTensorAsync, takeRows, toTensor, toTensors } from '../src/index.js';
import { expectFailure } from './support.js';

const arrays: ArrayData[] = [
  { shape: [2, 2], dtype: 'float32', data: Float32Array.of(0.5, -0, NaN, Infinity) },
  { shape: [1], dtype: 'float64', data: Float64Array.of(Math.PI) },
  { shape: [], dtype: 'int32', data: Int32Array.of(-7) },
  { shape: [2], dtype: 'bool', data: Uint8Array.of(1, 0) },
  { shape: [0, 3], dtype: 'float32', data: new Float32Array(0) },
];

test.each(arrays)('tensors and back: $dtype $shape', async (array) => {
  expect(fromTensor(toTensor(array))).toEqual(array);
  expect(await fromTensorAsync(toTensor(array))).toEqual(array);
});

test('a tensor has its own copy', () => {
  const data = Float32Array.of(1, 2);
  const t = toTensor({ shape: [2], dtype: 'float32', data });
  data[0] = 9;
  expect(Array.from(t.dataSync())).toEqual([1, 2]);
});

test('toTensors keeps names and tensors', () => {
  const y = tensor([1, 2]);
  const both = toTensors({ x: arrays[1]!, y });
  expect(both.y).toBe(y);
  expect(both.x.dtype).toBe('float64');
});

test('arrayData', async () => {
  expect(arrayData(Float32Array.of(1, 2))).toEqual({
    shape: [2],
    dtype: 'float32',
    data: Float32Array.of(1, 2),
  });
  expect(arrayData(new Int32Array(4), [2, 2]).dtype).toBe('int32');
  await expectFailure(() => arrayData(new Int32Array(4), [3]), 'SHAPE', 'needs 3 elements, the array has 4');
  await expectFailure(() => arrayData(new Int32Array(4), [-4]), 'SHAPE', '-4');
  // A JavaScript caller is not held by the types.
  await expectFailure(() => arrayData(new Int16Array(4) as unknown as Int32Array), 'DTYPE', 'Int32Array');
  await expectFailure(() => toTensor(null as unknown as ArrayData), 'ARGUMENT', 'null');
});

describe('takeRows', () => {
  const matrix = arrayData(Int32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);

  test('in the given order, with repeats', () => {
    expect(takeRows(matrix, [2, 0, 2])).toEqual(arrayData(Int32Array.of(5, 6, 1, 2, 5, 6), [3, 2]));
    expect(takeRows(arrayData(Float64Array.of(1, 2, 3)), [1]).data).toEqual(Float64Array.of(2));
    expect(takeRows(matrix, []).shape).toEqual([0, 2]);
    expect(takeRows(arrays[3]!, Int32Array.of(1, 0)).data).toEqual(Uint8Array.of(0, 1));
  });

  test('bad rows', async () => {
    for (const row of [3, -1, 0.5, NaN])
      await expectFailure(() => takeRows(matrix, [row]), 'ARGUMENT', '0..2');
    await expectFailure(() => takeRows(arrays[2]!, [0]), 'SHAPE', 'scalar');
  });
});
