import { afterAll, beforeAll, it } from 'vitest';
import { tiledMatmul } from '../../src/backends/webgpu/kernels/contract/matmul.js';
import { tiles } from '../../src/backends/webgpu/kernels/contract/tile.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { compare } from './contracted.js';
import { startStream } from './device.js';

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
  await compare(
    stream,
    'matmul',
    {
      params,
      shapes: [
        [1, m, k],
        [1, k, n],
      ],
    },
    1e-4,
    (problem, capabilities) =>
      // prettier-ignore
      tiledMatmul(problem, capabilities, cut),
  );
});

it('adds up long sums with little error', async () => {
  const [m, k, n] = [9, 100_000, 10];
  const data = [
    new Float32Array(m * k).fill(0.1),
    Float32Array.from({ length: n * k }, (_, i) => 1 + (i % 7)),
  ];
  const params = { transposeA: false, transposeB: false };
  await compare(stream, 'matmul', { params, shapes: [[1, m, k], [1, k, n]], data }, 2e-6); // prettier-ignore
});
