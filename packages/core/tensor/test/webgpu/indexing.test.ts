import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DType } from '../../src/dtype.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { lookupPrimitive } from '../../src/primitives/primitive.js';
import { generator, host, integer, randomHost, runKernel as runReference, uniformHost } from '../support/kernels.js'; // prettier-ignore
import { startStream } from './device.js';
import { checkRule, computeBoth } from './ruleCheck.js';
import { deviceIsMissing } from './swiftShader.js';

const missing = await deviceIsMissing();

/** Random rows, some counted from the end; the more `skew`, the more often the first ones. */
function rows(random: () => number, shape: readonly number[], length: number, skew = 1): HostArray {
  const indices = host(shape, 'int32');
  for (let i = 0; i < indices.data.length; i++) {
    const row = Math.floor(random() ** skew * length);
    indices.data[i] = random() < 0.3 ? row - length : row;
  }
  return indices;
}

/** Without signs, lest sums be small beside what is added up. */
function unsigned(x: HostArray): HostArray {
  if (x.dtype === 'float32') x.data.forEach((element, i) => (x.data[i] = Math.abs(element)));
  return x;
}

/** x [batches, length, depth] and a list of `count` for all (`lists` = 1) or for each. */
interface Sizes {
  batches: number;
  length: number;
  depth: number;
  lists: number;
  count: number;
  skew?: number;
}

describe.skipIf(missing).each([
  ['one binding', {}],
  ['several bindings', { bindingBytes: 2048 }],
])('%s', (_, capabilities) => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream(capabilities);
  });
  afterAll(() => {
    stream.destroy();
  });

  it('gathers', async () => {
    const random = generator(1);
    for (const dtype of ['float32', 'int32', 'bool'] as const)
      for (const [tables, lists] of [
        [1, 1],
        [1, 3],
        [3, 1],
        [3, 3],
      ] as const)
        for (const depth of [1, 3, 8]) {
          const length = integer(random, 1, 30);
          const x = randomHost(random, [tables, length, depth], dtype, true);
          await checkRule(stream, 'gather', [x, rows(random, [lists, 50], length)], {}, 0);
        }
  });

  const check = async (dtype: 'float32' | 'int32', sizes: Sizes): Promise<void> => {
    const { batches, length, depth, lists, count, skew } = sizes;
    const random = generator(count);
    const x = uniformHost(random, [batches, length, depth], dtype);
    const indices = rows(random, [lists, count], length, skew);
    const updates = unsigned(uniformHost(random, [batches, count, depth], dtype));
    await checkRule(stream, 'scatterAdd', [x, indices, updates], {}, 1e-6);
  };

  it.each<Sizes>([
    { batches: 1, length: 5, depth: 3, lists: 1, count: 0 },
    { batches: 2, length: 5, depth: 4, lists: 2, count: 1 },
    { batches: 3, length: 7, depth: 1, lists: 1, count: 16 },
    { batches: 3, length: 7, depth: 4, lists: 3, count: 17 },
    { batches: 2, length: 50, depth: 3, lists: 1, count: 63 },
    { batches: 2, length: 3, depth: 2, lists: 2, count: 300 },
    { batches: 1, length: 1, depth: 1, lists: 1, count: 1025 },
    { batches: 2, length: 100, depth: 1, lists: 2, count: 700, skew: 4 },
    { batches: 1, length: 40, depth: 12, lists: 1, count: 200, skew: 3 },
    { batches: 2, length: 300, depth: 1, lists: 1, count: 100 },
  ])('adds %j', async (sizes) => {
    await check('float32', sizes);
    await check('int32', sizes);
  });

  it.each<Sizes>([
    { batches: 64, length: 30, depth: 1, lists: 64, count: 17 },
    { batches: 64, length: 40, depth: 1, lists: 64, count: 300, skew: 3 },
    { batches: 70, length: 50, depth: 3, lists: 70, count: 200 },
    { batches: 33, length: 301, depth: 8, lists: 33, count: 50 },
    { batches: 32, length: 3001, depth: 1, lists: 32, count: 700, skew: 2 },
    { batches: 64, length: 3, depth: 16, lists: 64, count: 20 },
  ])('adds in blocks what is of many lists: %j', async (sizes) => {
    if ('bindingBytes' in capabilities) return;
    await check('float32', sizes);
    await check('int32', sizes);
  });

  it('adds the updates of long lists, in the order of their positions', async () => {
    if ('bindingBytes' in capabilities) return;
    await check('float32', { batches: 1, length: 1000, depth: 2, lists: 1, count: 9000, skew: 5 });
    await check('float32', { batches: 2, length: 3000, depth: 1, lists: 1, count: 5000 });
    await check('float32', { batches: 1, length: 10, depth: 1, lists: 1, count: 140_000 });
  });
});

describe.skipIf(missing)('errors and special values', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  it.each([
    [1, 10_000, 4],
    [64, 4000, 1],
  ])('keeps sums of many small updates to one row accurate (%i x %i)', async (batches, count, depth) => {
    const random = generator(3);
    const updates = unsigned(uniformHost(random, [batches, count, depth], 'float32'));
    const indices = host([batches, count], 'int32', new Int32Array(batches * count).fill(2));
    await checkRule(stream, 'scatterAdd', [host([batches, 5, depth], 'float32'), indices, updates], {}, 1e-6);
  });

  it.each([
    [1, 4],
    [1, 20],
    [64, 20],
  ])('lets NaN, infinities and negative zeros pass (%i x %i)', async (batches, count) => {
    const repeated = (shape: readonly number[], dtype: DType, values: readonly number[]): HostArray => {
      const length = shape.reduce((a, b) => a * b);
      return host(
        shape,
        dtype,
        Array.from({ length }, (_, i) => values[i % values.length]!),
      );
    };
    const x = repeated([batches, 6, 1], 'float32', [NaN, Infinity, -0, -0, 1, Infinity]);
    const indices = repeated([batches, count], 'int32', [2, 3, 4, 5]);
    const updates = repeated([batches, count, 1], 'float32', [-0, 1, NaN, -Infinity]);
    await checkRule(stream, 'scatterAdd', [x, indices, updates], {}, 0);
  });

  /** Lists with one index that is out of range. */
  const wrong = (shape: readonly [number, number], at: number, index: number): HostArray => {
    const indices = host(shape, 'int32');
    indices.data[at] = index;
    return indices;
  };

  it.each([
    [5, 1, 3],
    [5, 4, -4],
    [200, 130, 2 ** 31 - 1],
    [200, 199, -(2 ** 31)],
  ])('throws the error of the reference kernels (%i, %i, %i)', async (count, at, index) => {
    for (const [batches, lists, depth, dtype] of [
      [2, 1, 4, 'float32'],
      [2, 1, 4, 'int32'],
      [64, 64, 1, 'float32'],
    ] as const) {
      const indices = wrong([lists, count], (lists - 1) * count + at, index);
      const x = host([batches, 3, depth], dtype);
      const problems = [
        ['gather', [x, indices]],
        ['scatterAdd', [x, indices, host([batches, count, depth], dtype)]],
      ] as const;
      for (const [name, inputs] of problems) {
        let expected: unknown;
        try {
          runReference(lookupPrimitive(name), inputs, {});
        } catch (error) {
          expected = error;
        }
        const got = await computeBoth(stream, name, inputs, {}).catch((error: unknown) => error);
        expect(got).toEqual(expected);
        expect((got as Error).message).toMatch(/out of range/);
      }
    }
  });

  it('finds no row in an empty table', async () => {
    const inputs = [host([1, 0, 2], 'float32'), wrong([1, 1], 0, 0)];
    await expect(computeBoth(stream, 'gather', inputs, {})).rejects.toThrow('no index is valid');
  });
});
