import { tensor } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Batch, Position, Source } from '../../src/index.js';
import { arrayData, batches, permutation } from '../../src/index.js';
import { expectFailure } from '../support.js';

const rows = (n: number) => ({
  x: arrayData(
    Float32Array.from({ length: 2 * n }, (_, i) => i),
    [n, 2],
  ),
  y: arrayData(Int32Array.from({ length: n }, (_, i) => i)),
});

async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of iterable) all.push(item);
  return all;
}

const order = (all: readonly Batch<unknown>[]): number[] => all.flatMap(({ indices }) => [...indices]);

/** A source of numbers that answers later, in any order of completion, and counts what is under way. */
function slowSource(size: number): Source<Tensor> & { readonly made: Tensor[]; mostAhead(): number } {
  const made: Tensor[] = [];
  let asked = 0;
  let most = 0;
  return {
    size,
    made,
    mostAhead: () => most,
    async get(indices) {
      asked++;
      most = Math.max(most, asked);
      await new Promise((resolve) => setTimeout(resolve, (indices[0]! * 7) % 5));
      asked--;
      const t = tensor(indices.slice());
      made.push(t);
      return t;
    },
  };
}

describe('one epoch', () => {
  test('fields become tensors with the rows of the indices', async () => {
    const all = await collect(batches(rows(10), { batchSize: 4, seed: 3 }).epoch(0));
    expect(all.map(({ data }) => data.x.shape)).toEqual([
      [4, 2],
      [4, 2],
      [2, 2],
    ]);
    for (const { data, indices } of all) {
      expect(data.y.dtype).toBe('int32');
      expect(Array.from(data.y.dataSync())).toEqual([...indices]);
      expect(Array.from(data.x.dataSync())).toEqual([...indices].flatMap((i) => [2 * i, 2 * i + 1]));
    }
    expect(order(all)).toEqual([...permutation(10, 3, 0)]);
  });

  test('every row once; orders differ between epochs and seeds and are reproducible', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 70 }),
        fc.nat(),
        (n, batchSize, seed) => {
          const loader = batches(rows(n), { batchSize, seed });
          const epochs = [0, 1, 2].map((epoch) => order([...loader.epochSync(epoch)]));
          for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
          expect(order([...loader.epochSync(1)])).toEqual(epochs[1]);
          if (n > 20) expect(epochs[0]).not.toEqual(epochs[1]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('without shuffling', () => {
    expect(order([...batches(rows(5), { batchSize: 2, shuffle: false }).epochSync(7)])).toEqual([
      0, 1, 2, 3, 4,
    ]);
  });

  test('tensors can be fields', () => {
    const [first] = batches({ y: tensor([5, 6, 7]) }, { shuffle: false }).epochSync(0);
    expect(Array.from(first!.data.y.dataSync())).toEqual([5, 6, 7]);
  });

  test('the last batch: keep, drop, wrap', () => {
    const sizes = (lastBatch: 'keep' | 'drop' | 'wrap') => {
      const loader = batches(rows(10), { batchSize: 4, lastBatch });
      const all = [...loader.epochSync(0)];
      expect(all).toHaveLength(loader.batchesPerEpoch);
      return all.map(({ indices }) => indices.length);
    };
    expect(sizes('keep')).toEqual([4, 4, 2]);
    expect(sizes('drop')).toEqual([4, 4]);
    expect(sizes('wrap')).toEqual([4, 4, 4]);
    const wrapped = order([...batches(rows(10), { batchSize: 4, lastBatch: 'wrap' }).epochSync(0)]);
    expect(wrapped.slice(10)).toEqual(wrapped.slice(0, 2));
    const small = order([
      ...batches(rows(2), { batchSize: 5, lastBatch: 'wrap', shuffle: false }).epochSync(0),
    ]);
    expect(small).toEqual([0, 1, 0, 1, 0]);
  });
});

describe('going on from a saved place', () => {
  test('gives the batches that were still to come, wherever it was cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom('keep' as const, 'wrap' as const),
        fc.nat({ max: 60 }),
        async (n, batchSize, lastBatch, cut) => {
          const make = () => batches(rows(n), { batchSize, lastBatch, seed: 9 });
          const all = await collect(make().from(make().start(), { epochs: 3 }));
          const before = Math.min(cut, all.length - 1);
          // Through JSON, as a checkpoint keeps it.
          const saved = JSON.parse(
            JSON.stringify(before === 0 ? make().start() : all[before - 1]!.next),
          ) as Position;
          const rest = await collect(make().from(saved, { epochs: 3 }));
          expect(order(rest)).toEqual(order(all.slice(before)));
          expect(rest.at(-1)?.next).toEqual(all.at(-1)!.next);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('ends at the epochs asked for', async () => {
    const loader = batches(rows(4), { batchSize: 2 });
    const all = await collect(loader.from(loader.start(), { epochs: 2 }));
    expect(all.map(({ epoch, index }) => [epoch, index])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    expect(all.at(-1)!.next).toMatchObject({ epoch: 2, batch: 0 });
    expect(await collect(loader.from(all.at(-1)!.next, { epochs: 2 }))).toEqual([]);
  });

  test('a place of other batches is refused', async () => {
    const saved = batches(rows(4), { batchSize: 2, seed: 1 }).start();
    const other =
      (options: object, n = 4) =>
      () =>
        batches(rows(n), { batchSize: 2, seed: 1, ...options }).from(saved, { epochs: 1 });
    await expectFailure(other({ seed: 2 }), 'ARGUMENT', 'seed 1', 'seed', '2');
    await expectFailure(other({ batchSize: 3 }), 'ARGUMENT', 'batchSize');
    await expectFailure(other({ shuffle: false }), 'ARGUMENT', 'shuffle');
    await expectFailure(other({}, 5), 'ARGUMENT', 'size 4');
    const loader = batches(rows(4), { batchSize: 2 });
    await expectFailure(
      () => loader.from({ ...loader.start(), batch: 3 }, { epochs: 1 }),
      'ARGUMENT',
      'batch 3 of 2',
    );
    await expectFailure(() => loader.from(loader.start(), { epochs: -1 }), 'ARGUMENT', 'epochs');
  });
});

describe('sources that answer later', () => {
  test('batches come in order, at most `prefetch` ahead', async () => {
    for (const prefetch of [0, 1, 3]) {
      const source = slowSource(24);
      const all = await collect(batches(source, { batchSize: 2, seed: 5, prefetch }).epoch(0));
      expect(order(all)).toEqual([...permutation(24, 5, 0)]);
      for (const { data, indices } of all) expect(Array.from(data.dataSync())).toEqual([...indices]);
      expect(source.mostAhead()).toBeLessThanOrEqual(prefetch + 1);
      expect(source.mostAhead()).toBeGreaterThan(prefetch === 0 ? 0 : 1);
    }
  });

  test('leaving early frees what was prepared', async () => {
    const source = slowSource(24);
    let kept: Tensor | undefined;
    for await (const { data } of batches(source, { batchSize: 2, prefetch: 3 }).epoch(0)) {
      kept = data;
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(kept!.isDisposed).toBe(false);
    expect(source.made.length).toBeGreaterThan(1);
    expect(source.made.filter((t) => t !== kept).every((t) => t.isDisposed)).toBe(true);
  });

  test('a failure is thrown in its turn', async () => {
    const source: Source<number> = {
      size: 6,
      get: (indices) =>
        indices[0] === 4 ? Promise.reject(new Error('broken file')) : Promise.resolve(indices[0]!),
    };
    const seen: number[] = [];
    const loop = async () => {
      for await (const { data } of batches(source, { batchSize: 2, shuffle: false }).epoch(0))
        seen.push(data);
    };
    await expect(loop()).rejects.toThrow('broken file');
    expect(seen).toEqual([0, 2]);
  });

  test('epochSync refuses them', async () => {
    await expectFailure(() => [...batches(slowSource(4)).epochSync(0)], 'ARGUMENT', 'for await');
  });
});

describe('bad input', () => {
  test.each([
    [{ batchSize: 0 }, 'batchSize'],
    [{ batchSize: 2.5 }, 'batchSize'],
    [{ batchSize: NaN }, 'batchSize'],
    [{ seed: -1 }, 'seed'],
    [{ prefetch: -1 }, 'prefetch'],
    [{ lastBatch: 'pad' as 'keep' }, "'keep', 'drop' or 'wrap'"],
    [{ batchSize: 11, lastBatch: 'drop' as const }, '10 rows give no batch of 11'],
  ])('%j', async (options, part) => {
    await expectFailure(() => batches(rows(10), options), 'ARGUMENT', part);
  });

  test('data', async () => {
    await expectFailure(() => batches(rows(0)), 'ARGUMENT', 'empty');
    await expectFailure(() => batches({}), 'ARGUMENT', 'at least one field');
    await expectFailure(
      () => batches({ ...rows(3), z: arrayData(new Int32Array(4)) }),
      'SHAPE',
      "'x' has 3 rows, 'z' has 4",
    );
    await expectFailure(() => batches({ z: arrayData(new Int32Array(1), []) }), 'SHAPE', 'scalar');
    await expectFailure(() => batches(rows(3)).epoch(-1), 'ARGUMENT', 'epoch');
    const gone = tensor([1, 2]);
    gone.dispose();
    await expectFailure(() => batches({ gone }), 'DISPOSED');
  });
});
