import { beforeAll, describe, expect, it } from 'vitest';
import '../../src/index.js';
import type { Backend } from '../../src/backends/backend.js';
import { createWebGpuBackend } from '../../src/backends/webgpu/create.js';
import * as p from '../../src/primitives/calls.js';
import type { Program } from '../../src/program/program.js';
import { record } from '../../src/program/record.js';
import type { Tensor } from '../../src/tensor.js';
import { generator, randomHost } from '../support/kernels.js';
import { deviceIsMissing } from './swiftShader.js';

/** Two layers: the values between them live only inside the program. */
const program: Program = record(
  'layers',
  (x: Tensor, w: Tensor, v: Tensor) => {
    const hidden = p.tanh(p.matmul(x, w, false, false));
    return [p.matmul(p.mul(hidden, 0.1), v, false, false), p.transpose(p.mul(x, 3), [0, 2, 1])];
  },
  [
    { shape: [1, 5, 7], dtype: 'float32' },
    { shape: [1, 7, 9], dtype: 'float32' },
    { shape: [1, 9, 3], dtype: 'float32' },
  ],
).program;

async function run(backend: Backend): Promise<Float32Array[]> {
  const random = generator(3);
  const inputs = program.inputs.map(({ shape, dtype }) =>
    backend.upload(randomHost(random, shape, dtype, false).data),
  );
  const results = backend.compile(program).run(inputs);
  const read = results.map((handle, i) => backend.read(handle, program.outputs[i]!));
  return Promise.all(read) as Promise<Float32Array[]>;
}

const distance = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

describe.skipIf(await deviceIsMissing())('intermediates in half precision', () => {
  let whole: Float32Array[];
  beforeAll(async () => {
    whole = await run(await createWebGpuBackend());
  });

  it('round as half-precision numbers do, and only there', async () => {
    const [y, moved] = await run(await createWebGpuBackend({ intermediates: 'float16' }));
    const error = distance(y!, whole[0]!);
    // Nine products of numbers below 0.1 that are known to eleven bits.
    expect(error).toBeGreaterThan(1e-7);
    expect(error).toBeLessThan(2e-3);
    // What is a result, or only moves, stays as it was.
    expect(moved).toEqual(whole[1]);
  });
});
