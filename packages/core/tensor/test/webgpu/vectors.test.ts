import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { generator, uniformHost } from '../support/kernels.js';
import { startStream } from './device.js';
import { checkRule } from './ruleCheck.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('matmul of vectors and small matrices on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  const layouts = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const;

  /** Sizes: batch of a and b, rows, depth, columns. */
  async function check(
    [batchA, batchB, m, k, n]: readonly [number, number, number, number, number],
    [transposeA, transposeB]: readonly [boolean, boolean],
  ): Promise<void> {
    const a = transposeA ? [batchA, k, m] : [batchA, m, k];
    const b = transposeB ? [batchB, n, k] : [batchB, k, n];
    const random = generator(k);
    const inputs = [a, b].map((shape) => uniformHost(random, shape, 'float32'));
    await checkRule(stream, 'matmul', inputs, { transposeA, transposeB }, 1e-5);
  }

  describe.each(layouts)('transposed %s and %s', (...layout) => {
    it.each([
      [1, 1, 70, 256, 1],
      [1, 1, 33, 1003, 3],
      [1, 1, 4, 1000, 130],
      [3, 3, 50, 400, 4],
    ] as const)('multiplies with few vectors: %i, %i of %i x %i x %i', async (...sizes) => {
      await check(sizes, layout);
    });

    it.each([
      [1, 1, 1, 1, 1],
      [100, 100, 3, 3, 3],
      [3000, 1, 5, 6, 7],
      [1, 3000, 6, 4, 9],
    ] as const)('multiplies small matrices: %i, %i of %i x %i x %i', async (...sizes) => {
      await check(sizes, layout);
    });
  });

  it('shares a sum among workgroups', async () => {
    await check([1, 1, 1, 70_001, 1], [false, false]);
    await check([1, 1, 8, 40_000, 2], [true, false]);
  });
});
