import { afterAll, beforeAll, it } from 'vitest';
import type { PrimitiveParameters } from '../../src/primitives/parameters.js';
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

type Parameters = PrimitiveParameters['maxPoolIndices'];
const plain: Parameters = { window: [2, 2], strides: [2, 2], padding: [[0, 0], [0, 0]], dilation: [1, 1] }; // prettier-ignore

it.each([
  plain,
  { ...plain, window: [3, 2], strides: [1, 2], padding: [[1, 2], [1, 0]] }, // prettier-ignore
  { ...plain, window: [3, 3], padding: [[3, 2], [1, 3]], dilation: [2, 3] }, // prettier-ignore
  { ...plain, padding: [[-2, -1], [-1, 1]] }, // prettier-ignore
] satisfies Parameters[])('finds where the maxima are: %o', async (params) => {
  for (const dtype of ['float32', 'int32'] as const)
    await compare(stream, 'maxPoolIndices', { params, shapes: [[2, 3, 9, 10]], dtype });
});

it('takes the first of equal ones, and the first NaN', async () => {
  const shapes = [[1, 2, 4, 6]];
  const equal = Float32Array.from({ length: 48 }, (_, i) => (i % 5 === 0 ? -0 : 0));
  const odd = Float32Array.from({ length: 48 }, (_, i) =>
    i % 3 === 0 ? NaN : i % 4 === 0 ? -Infinity : i % 7,
  );
  const low = new Float32Array(48).fill(-Infinity);
  const params = { ...plain, window: [2, 3], strides: [1, 1], padding: [[1, 0], [0, 2]] } as const; // prettier-ignore
  for (const data of [equal, odd, low])
    await compare(stream, 'maxPoolIndices', { params, shapes, data: [data] });
});

it('takes no images, and arrays in several bindings', async () => {
  await compare(stream, 'maxPoolIndices', { params: plain, shapes: [[0, 3, 4, 4]] });
  const small = await startStream({ bindingBytes: 256 });
  await compare(small, 'maxPoolIndices', { params: plain, shapes: [[2, 3, 7, 8]] });
  small.destroy();
});

it('fills more workgroups than one dimension has', async () => {
  const params = { ...plain, window: [1, 1], strides: [1, 1] } as const;
  await compare(stream, 'maxPoolIndices', { params, shapes: [[1, 1, 2, 2_100_000]] });
});
