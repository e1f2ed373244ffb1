import { afterAll, beforeAll, describe, it } from 'vitest';
import type { DType } from '../../src/dtype.js';
import type { PrimitiveParameters } from '../../src/primitives/parameters.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { generator, host, uniformHost } from '../support/kernels.js';
import { startStream } from './device.js';
import { checkRule } from './ruleCheck.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('maxPoolIndices on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  type Parameters = PrimitiveParameters['maxPoolIndices'];
  const plain: Parameters = { window: [2, 2], strides: [2, 2], padding: [[0, 0], [0, 0]], dilation: [1, 1] }; // prettier-ignore

  const random = generator(1);
  const some = (shape: readonly number[], dtype: DType = 'float32') => uniformHost(random, shape, dtype);

  it.each([
    plain,
    { ...plain, window: [3, 2], strides: [1, 2], padding: [[1, 2], [1, 0]] }, // prettier-ignore
    { ...plain, window: [3, 3], padding: [[3, 2], [1, 3]], dilation: [2, 3] }, // prettier-ignore
    { ...plain, padding: [[-2, -1], [-1, 1]] }, // prettier-ignore
  ] satisfies Parameters[])('finds where the maxima are: %o', async (params) => {
    for (const dtype of ['float32', 'int32'] as const)
      await checkRule(stream, 'maxPoolIndices', [some([2, 3, 9, 10], dtype)], params);
  });

  it('takes the first of equal ones, and the first NaN', async () => {
    const equal = Float32Array.from({ length: 48 }, (_, i) => (i % 5 === 0 ? -0 : 0));
    const odd = Float32Array.from({ length: 48 }, (_, i) =>
      i % 3 === 0 ? NaN : i % 4 === 0 ? -Infinity : i % 7,
    );
    const low = new Float32Array(48).fill(-Infinity);
    const params = { ...plain, window: [2, 3], strides: [1, 1], padding: [[1, 0], [0, 2]] } as const; // prettier-ignore
    for (const data of [equal, odd, low])
      await checkRule(stream, 'maxPoolIndices', [host([1, 2, 4, 6], 'float32', data)], params);
  });

  it('takes no images, and arrays in several bindings', async () => {
    await checkRule(stream, 'maxPoolIndices', [some([0, 3, 4, 4])], plain);
    const small = await startStream({ bindingBytes: 256 });
    await checkRule(small, 'maxPoolIndices', [some([2, 3, 7, 8])], plain);
    small.destroy();
  });

  it('fills more workgroups than one dimension has', async () => {
    const params = { ...plain, window: [1, 1], strides: [1, 1] } as const;
    await checkRule(stream, 'maxPoolIndices', [some([1, 1, 2, 2_100_000])], params);
  });
});
