import { afterAll, beforeAll, describe, it } from 'vitest';
import type { DType } from '../../src/dtype.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { generator, host, uniformHost } from '../support/kernels.js';
import { startStream } from './device.js';
import { checkRule } from './ruleCheck.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('matmul on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  interface Sizes {
    readonly batch?: readonly [number, number];
    readonly m: number;
    readonly k: number;
    readonly n: number;
  }

  async function check(
    { batch: [batchA, batchB] = [1, 1], m, k, n }: Sizes,
    transposeA: boolean,
    transposeB: boolean,
    dtype: DType = 'float32',
    on = stream,
  ): Promise<void> {
    const a = transposeA ? [batchA, k, m] : [batchA, m, k];
    const b = transposeB ? [batchB, n, k] : [batchB, k, n];
    const tolerance = 3e-6 * Math.max(1, Math.sqrt(k) / 8);
    const random = generator(k);
    const inputs = [a, b].map((shape) => uniformHost(random, shape, dtype));
    await checkRule(on, 'matmul', inputs, { transposeA, transposeB }, tolerance);
  }

  const layouts = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const;

  describe.each(layouts)('transposed %s and %s', (transposeA, transposeB) => {
    it.each([
      { m: 64, k: 32, n: 36 },
      { batch: [2, 2], m: 33, k: 17, n: 31 },
      { batch: [3, 1], m: 20, k: 70, n: 44 },
      { batch: [1, 2], m: 65, k: 15, n: 3 },
    ] satisfies Sizes[])('multiplies %o', async (sizes) => {
      await check(sizes, transposeA, transposeB);
    });
  });

  it('wraps int32 around', async () => {
    await check({ m: 37, k: 70, n: 33 }, false, false, 'int32');
    await check({ m: 3, k: 300, n: 33 }, false, true, 'int32');
    await check({ m: 10, k: 5000, n: 12 }, true, false, 'int32');
  });

  it('passes infinities and NaN on, and from no other line or depth', async () => {
    const [m, k, n] = [33, 35, 34];
    const a = Float32Array.from({ length: m * k }, (_, i) =>
      i === m * k - 1 ? Infinity : i === 40 ? NaN : i % 5,
    );
    const b = Float32Array.from({ length: k * n }, (_, i) => (i === k * n - 1 ? -Infinity : 1 + (i % 3)));
    const inputs = [host([1, m, k], 'float32', a), host([1, k, n], 'float32', b)];
    await checkRule(stream, 'matmul', inputs, { transposeA: false, transposeB: false });
  });

  it('adds nothing up to zeros, and takes empty factors', async () => {
    await check({ m: 5, k: 0, n: 7 }, false, false);
    await check({ m: 0, k: 3, n: 7 }, false, true);
    await check({ batch: [0, 1], m: 4, k: 3, n: 7 }, true, true);
  });

  it('reads and writes arrays in several bindings', async () => {
    const small = await startStream({ bindingBytes: 4096 });
    await check({ m: 40, k: 36, n: 44 }, false, true, 'float32', small);
    await check({ m: 2, k: 800, n: 3 }, false, true, 'float32', small);
    small.destroy();
  });
});
