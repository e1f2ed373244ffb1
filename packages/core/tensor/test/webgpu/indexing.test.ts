import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DType } from '../../src/dtype.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { lookupPrimitive } from '../../src/primitives/primitive.js';
import { generator, host, integer, randomHost, runKernel as runReference } from '../support/kernels.js';
import { computeBoth } from './againstReference.js';
import { startStream } from './device.js';

/** Random rows, some counted from the end; the more `skew`, the more often the first ones. */
function rows(random: () => number, shape: readonly number[], length: number, skew = 1): HostArray {
  const indices = host(shape, 'int32');
  for (let i = 0; i < indices.data.length; i++) {
    const row = Math.floor(random() ** skew * length);
    indices.data[i] = random() < 0.3 ? row - length : row;
  }
  return indices;
}

function uniform(random: () => number, shape: readonly number[], dtype: DType): HostArray {
  const result = host(shape, dtype);
  for (let i = 0; i < result.data.length; i++)
    result.data[i] = dtype === 'int32' ? integer(random, -(2 ** 31), 2 ** 31 - 1) : random();
  return result;
}

function expectClose(both: Awaited<ReturnType<typeof computeBoth>>): void {
  const { got, expected } = both!;
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    if (Object.is(got[i], expected[i])) continue;
    const error = Math.abs(got[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
    worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
  }
  expect(worst).toBeLessThan(1e-6);
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

describe.each([
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
          const both = await computeBoth(stream, 'gather', [x, rows(random, [lists, 50], length)], {});
          expect(both!.got).toEqual(both!.expected);
        }
  });

  const check = async (dtype: 'float32' | 'int32', sizes: Sizes): Promise<void> => {
    const { batches, length, depth, lists, count, skew } = sizes;
    const random = generator(count);
    const x = uniform(random, [batches, length, depth], dtype);
    const indices = rows(random, [lists, count], length, skew);
    const updates = uniform(random, [batches, count, depth], dtype);
    const both = await computeBoth(stream, 'scatterAdd', [x, indices, updates], {});
    if (dtype === 'int32') expect(both!.got).toEqual(both!.expected);
    else expectClose(both);
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

  it('adds the updates of long lists, in the order of their positions', async () => {
    if ('bindingBytes' in capabilities) return;
    await check('float32', { batches: 1, length: 1000, depth: 2, lists: 1, count: 9000, skew: 5 });
    await check('float32', { batches: 2, length: 3000, depth: 1, lists: 1, count: 5000 });
    await check('float32', { batches: 1, length: 10, depth: 1, lists: 1, count: 140_000 });
  });
});

describe('errors and special values', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  it('keeps sums of many small updates to one row accurate', async () => {
    const count = 10_000;
    const random = generator(3);
    const updates = uniform(random, [1, count, 4], 'float32');
    const indices = host([1, count], 'int32', new Int32Array(count).fill(2));
    expectClose(await computeBoth(stream, 'scatterAdd', [host([1, 5, 4], 'float32'), indices, updates], {}));
  });

  it('lets NaN, infinities and negative zeros pass', async () => {
    const x = host([1, 6, 1], 'float32', [NaN, Infinity, -0, -0, 1, Infinity]);
    for (const count of [4, 20]) {
      const indices = host(
        [1, count],
        'int32',
        Int32Array.from({ length: count }, (_, i) => (i % 4) + 2),
      );
      const values = [-0, 1, NaN, -Infinity];
      const updates = host(
        [1, count, 1],
        'float32',
        Float32Array.from({ length: count }, (_, i) => values[i % 4]!),
      );
      const both = await computeBoth(stream, 'scatterAdd', [x, indices, updates], {});
      expect(both!.got).toEqual(both!.expected);
    }
  });

  /** A list with one index that is out of range. */
  const wrong = (count: number, at: number, index: number): HostArray => {
    const indices = host([1, count], 'int32');
    indices.data[at] = index;
    return indices;
  };

  it.each([
    [5, 1, 3],
    [5, 4, -4],
    [200, 130, 2 ** 31 - 1],
    [200, 199, -(2 ** 31)],
  ])('throws the error of the reference kernels (%i, %i, %i)', async (count, at, index) => {
    const indices = wrong(count, at, index);
    for (const dtype of ['float32', 'int32'] as const) {
      const x = host([2, 3, 4], dtype);
      const problems = [
        ['gather', [x, indices]],
        ['scatterAdd', [x, indices, host([2, count, 4], dtype)]],
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
    const inputs = [host([1, 0, 2], 'float32'), wrong(1, 0, 0)];
    await expect(computeBoth(stream, 'gather', inputs, {})).rejects.toThrow('no index is valid');
  });
});
