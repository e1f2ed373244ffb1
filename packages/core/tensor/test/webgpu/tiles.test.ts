import { afterAll, beforeAll, describe, it } from 'vitest';
import { tiledMatmul } from '../../src/backends/webgpu/kernels/contract/matmul.js';
import { tiles } from '../../src/backends/webgpu/kernels/contract/tile.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { generator, host, uniformHost } from '../support/kernels.js';
import { startStream } from './device.js';
import { checkRule } from './ruleCheck.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('matmul by tiles on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  // Sums of some twenty are what is left of larger ones.
  it.each(tiles)('multiplies by tiles of $rows x $columns', async (tile) => {
    const params = { transposeA: false, transposeB: false };
    const [m, k, n] = [tile.rows + 4, 1700, 40];
    // Two parts, of which the first takes its sums in two blocks.
    const cut = { tile, parts: 2, share: 1536 };
    const random = generator(tile.rows);
    const inputs = [[1, m, k], [1, k, n]].map((shape) => uniformHost(random, shape, 'float32')); // prettier-ignore
    await checkRule(stream, 'matmul', inputs, params, 1e-4, (problem, capabilities) =>
      tiledMatmul(problem, capabilities, cut),
    );
  });

  it('adds up long sums with little error', async () => {
    const [m, k, n] = [9, 100_000, 10];
    const inputs = [
      host([1, m, k], 'float32', new Float32Array(m * k).fill(0.1)),
      host(
        [1, k, n],
        'float32',
        Float32Array.from({ length: n * k }, (_, i) => 1 + (i % 7)),
      ),
    ];
    const params = { transposeA: false, transposeB: false };
    await checkRule(stream, 'matmul', inputs, params, 2e-6);
  });
});
