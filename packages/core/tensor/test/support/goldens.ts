import { expect } from 'vitest';
import { mismatch } from '@tooling/goldens';
import type { GoldenCase } from '@tooling/goldens';
import { tensor } from '../../src/ops/convert.js';
import type { Tensor } from '../../src/tensor.js';

/** A reference case's argument as a tensor; unsigned words become the int32 of the same bits. */
export function argument(golden: GoldenCase, name: string): Tensor {
  const { shape, data } = golden.args[name]!;
  return tensor(data instanceof Uint32Array ? Int32Array.from(data) : data, { shape });
}

/** Expects a result to be the case's `expected[name]`. */
export function expectGolden(golden: GoldenCase, name: string, result: Tensor): void {
  const expected = golden.expected[name]!;
  const data = result.dataSync();
  const actual = {
    shape: result.shape,
    dtype: expected.dtype === 'uint32' ? 'uint32' : result.dtype,
    data: expected.dtype === 'uint32' ? Uint32Array.from(data) : data,
  };
  expect(mismatch(actual, expected, golden), `${golden.name}: ${name} (${golden.source})`).toBeUndefined();
}
