import { describe, expect, it } from 'vitest';
import { matmulKernel } from '../../../src/backends/cpu/kernels/matmul.js';
import { allocate } from '../../../src/dtype.js';
import { matmulKernel as referenceKernel } from '../../../src/primitives/kernels/matmul.js';
import type { HostArray } from '../../../src/primitives/primitive.js';
import { sizeOf } from '../../../src/shape.js';
import { productEngines, randomNumbers, runKernel } from './convSupport.js';

const flags = [false, true];
const batches = [[1, 1], [3, 3], [40, 40], [1, 5], [5, 1]] as const; // prettier-ignore
const sizes = [[4, 6, 5], [1, 7, 3], [6, 1, 3], [33, 20, 64], [2, 2, 1], [3, 2, 0], [0, 2, 3]] as const; // prettier-ignore

describe.each(productEngines(2))('batches of products, by %s', (_, engine) => {
  it.each(['float32', 'float64', 'int32'] as const)('agree with the reference in %s', (dtype) => {
    const next = randomNumbers(3);
    const array = (...shape: number[]): HostArray => {
      const data = allocate(dtype, sizeOf(shape));
      for (let i = 0; i < data.length; i++) data[i] = dtype === 'int32' ? next() * 1000 : next();
      return { shape, dtype, data };
    };
    for (const [left, right] of batches)
      for (const [m, n, k] of sizes)
        for (const transposeA of flags)
          for (const transposeB of flags) {
            const a = array(left, ...(transposeA ? [k, m] : [m, k]));
            const b = array(right, ...(transposeB ? [n, k] : [k, n]));
            const params = { transposeA, transposeB };
            const shape = [Math.max(left, right), m, n];
            const expected = allocate(dtype, sizeOf(shape));
            referenceKernel([a, b], [{ shape, dtype, data: expected }], params);
            const [got] = runKernel(engine, matmulKernel, [a, b], [{ shape, dtype }], params)!;
            const tolerance = { float32: 1e-5, float64: 1e-13, int32: 0 }[dtype];
            const wrong = expected.findIndex((value, i) => !(Math.abs(got![i]! - value) <= tolerance));
            expect(wrong, `${left}, ${right} of ${m}x${n}x${k} ${JSON.stringify(params)}`).toBe(-1);
          }
  });
});
