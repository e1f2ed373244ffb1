import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import type { Case } from './convolved.js';
import { around, checkConv } from './convolved.js';
import { startStream } from './device.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('convolution on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  it.each([
    { x: [2, 3, 9, 8], kernel: [8, 3, 3, 3], padding: around(1) },
    { x: [3, 5, 7, 9], kernel: [9, 5, 3, 2] },
    { x: [1, 4, 12, 11], kernel: [20, 4, 3, 3], strides: [2, 3], padding: [[2, 1], [0, 2]] }, // prettier-ignore
    { x: [2, 2, 10, 10], kernel: [6, 2, 3, 3], kernelDilation: [2, 3], padding: around(2) },
    { x: [2, 8, 9, 9], kernel: [12, 4, 3, 3], groups: 2, padding: [[-1, 1], [1, -2]] }, // prettier-ignore
    { x: [2, 4, 5, 6], kernel: [33, 4, 1, 1] },
    { x: [2, 8, 4, 6], kernel: [12, 4, 1, 1], groups: 2 },
    { x: [2, 8, 5, 5], kernel: [6, 8, 1, 1], strides: [2, 2] },
  ] satisfies Case[])('convolves %o', async (given) => {
    await checkConv(stream, given);
  });

  it.each([
    { x: [2, 6, 9, 8], kernel: [6, 1, 3, 3], groups: 6, padding: around(1) },
    { x: [2, 3, 9, 8], kernel: [6, 1, 3, 2], groups: 3, strides: [2, 1] },
    { x: [2, 5, 8, 8], kernel: [3, 5, 3, 3], padding: around(1) },
    { x: [2, 3, 4, 5], kernel: [3, 1, 3, 3], groups: 3, inputDilation: [2, 3], padding: around(2) },
  ] satisfies Case[])('convolves with few channels of a group: %o', async (given) => {
    await checkConv(stream, given);
  });

  it('wraps int32 around', async () => {
    await checkConv(stream, { x: [2, 3, 7, 8], kernel: [6, 3, 3, 3], padding: around(1), dtype: 'int32' });
    await checkConv(stream, {
      x: [2, 3, 7, 8],
      kernel: [3, 1, 3, 3],
      groups: 3,
      padding: around(1),
      dtype: 'int32',
    });
    await checkConv(stream, {
      x: [2, 3, 20, 20],
      kernel: [2, 3, 20, 20],
      padding: around(1),
      dtype: 'int32',
    });
  });

  it('takes sizes of one and none', async () => {
    await checkConv(stream, { x: [1, 1, 1, 1], kernel: [1, 1, 1, 1] });
    await checkConv(stream, { x: [0, 2, 4, 4], kernel: [5, 2, 3, 3] });
    await checkConv(stream, { x: [2, 0, 4, 4], kernel: [5, 0, 3, 3] });
    await checkConv(stream, { x: [1, 1, 1, 3], kernel: [6, 1, 1, 1], padding: around(2) });
  });

  it('reads and writes arrays in several bindings', async () => {
    const small = await startStream({ bindingBytes: 1024 });
    await checkConv(small, { x: [2, 4, 6, 6], kernel: [8, 4, 3, 3], padding: around(1) });
    await checkConv(small, { x: [2, 4, 6, 6], kernel: [8, 4, 1, 1] });
    small.destroy();
  });
});
