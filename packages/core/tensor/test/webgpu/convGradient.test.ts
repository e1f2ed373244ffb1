import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import type { Case } from './convolved.js';
import { around, checkConv } from './convolved.js';
import { startStream } from './device.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('gradients of convolution on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  it.each([
    // As for the input of a convolution with stride 2 (or 3, 4), where taps do not divide evenly among phases, or are few.
    { x: [2, 4, 5, 5], kernel: [7, 4, 3, 3], inputDilation: [2, 2], padding: around(2) },
    { x: [2, 4, 4, 5], kernel: [6, 4, 5, 4], inputDilation: [3, 2], padding: [[3, 4], [2, 5]] }, // prettier-ignore
    { x: [1, 6, 3, 3], kernel: [5, 6, 4, 4], inputDilation: [4, 4], padding: around(3) },
    { x: [1, 3, 4, 4], kernel: [6, 3, 2, 2], inputDilation: [3, 3], padding: around(1) },
    {
      x: [1, 3, 4, 4],
      kernel: [6, 3, 3, 3],
      inputDilation: [2, 2],
      kernelDilation: [2, 2],
      padding: around(4),
    },
    { x: [1, 3, 6, 6], kernel: [6, 3, 3, 3], inputDilation: [4, 3], strides: [2, 2], padding: around(3) },
  ] satisfies Case[])('leaves out the zeros of a dilated input: %o', async (given) => {
    await checkConv(stream, given);
  });

  it.each([
    // Kernels as large as the images: what the gradient of a kernel is.
    { x: [3, 8, 14, 14], kernel: [16, 8, 12, 12] },
    { x: [3, 4, 16, 15], kernel: [9, 4, 7, 7], kernelDilation: [2, 2], padding: around(1) },
    { x: [1, 12, 14, 14], kernel: [4, 3, 14, 14], groups: 4, padding: around(1) },
    { x: [1, 8, 30, 30], kernel: [8, 1, 30, 30], groups: 8, padding: around(2) },
    { x: [2, 40, 7, 7], kernel: [30, 40, 7, 7] },
  ] satisfies Case[])('sums over whole images: %o', async (given) => {
    await checkConv(stream, given);
  });
});
