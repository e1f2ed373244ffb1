import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arrayData, permutation, splitRows } from '../../src/index.js';
import { integerStream, threefry2x32 } from '../../src/batching/threefry.js';
import { expectFailure } from '../support.js';

test.each([
  // Known answers of Random123, the authors' library.
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x13198a2e, 0x03707344],
    [0x243f6a88, 0x85a308d3],
    [0xc4923a9c, 0x483df7a0],
  ],
])('Threefry: key %j, counter %j', (key, counter, wanted) => {
  const out = new Uint32Array(2);
  threefry2x32(key[0]!, key[1]!, counter[0]!, counter[1]!, out);
  expect(Array.from(out)).toEqual(wanted);
});

describe('integerStream', () => {
  test('is uniform: chi-square over 12 outcomes', () => {
    for (const seed of [1, 2, 3]) {
      const draw = integerStream(seed, 0);
      const counts = new Array<number>(12).fill(0);
      for (let i = 0; i < 60_000; i++) counts[draw(12)]!++;
      const chi = counts.reduce((sum, count) => sum + (count - 5000) ** 2 / 5000, 0);
      // 99.99th percentile of 11 degrees of freedom.
      expect(chi).toBeLessThan(37.4);
    }
  });

  test('large bounds', () => {
    const draw = integerStream(2 ** 53 - 1, 5);
    for (let i = 0; i < 100; i++) {
      const value = draw(2 ** 31 + 1);
      expect(Number.isInteger(value) && value >= 0 && value <= 2 ** 31).toBe(true);
    }
  });
});

describe('permutation', () => {
  test('has every number once and depends on seed and epoch only', () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), fc.nat(), fc.nat({ max: 1000 }), (n, seed, epoch) => {
        const order = permutation(n, seed, epoch);
        expect(Array.from(order).sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
        expect(permutation(n, seed, epoch)).toEqual(order);
      }),
    );
  });

  test('stays the same from release to release', () => {
    expect(Array.from(permutation(10, 0))).toMatchInlineSnapshot(`
      [
        2,
        7,
        9,
        6,
        8,
        4,
        3,
        1,
        5,
        0,
      ]
    `);
    expect(Array.from(permutation(10, 0, 1))).toMatchInlineSnapshot(`
      [
        7,
        0,
        2,
        4,
        6,
        5,
        3,
        9,
        8,
        1,
      ]
    `);
    expect(Array.from(permutation(10, 2 ** 40 + 1))).toMatchInlineSnapshot(`
      [
        0,
        4,
        9,
        1,
        7,
        2,
        5,
        8,
        3,
        6,
      ]
    `);
  });

  test('each of the orders of 4 is equally likely', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 24_000; seed++) {
      const order = permutation(4, seed).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 99.99th percentile of 23 degrees of freedom.
    expect(chi).toBeLessThan(56.3);
  });

  test('bad input', async () => {
    for (const bad of [-1, 0.5, NaN]) {
      await expectFailure(() => permutation(bad, 0), 'ARGUMENT', 'n must be');
      await expectFailure(() => permutation(3, bad), 'ARGUMENT', 'seed');
      await expectFailure(() => permutation(3, 0, bad), 'ARGUMENT', 'epoch');
    }
  });
});

describe('splitRows', () => {
  const fields = {
    x: arrayData(
      Float32Array.from({ length: 20 }, (_, i) => i),
      [10, 2],
    ),
    y: arrayData(Int32Array.from({ length: 10 }, (_, i) => i)),
  };

  test('parts are disjoint, rows stay together, the seed decides', () => {
    for (const seed of [0, 1, 2]) {
      const { train, test: rest } = splitRows(fields, { train: 6, test: 3 }, { seed });
      const all = [...train.y.data, ...rest.y.data];
      expect(new Set(all).size).toBe(9);
      expect(Array.from(train.x.data)).toEqual(Array.from(train.y.data).flatMap((i) => [2 * i, 2 * i + 1]));
      expect(splitRows(fields, { train: 6, test: 3 }, { seed }).train.y).toEqual(train.y);
    }
    expect(splitRows(fields, { a: 5 }, { seed: 1 }).a.y).not.toEqual(
      splitRows(fields, { a: 5 }, { seed: 2 }).a.y,
    );
  });

  test('in order', () => {
    expect(Array.from(splitRows(fields, { a: 2, b: 1 }, { shuffle: false }).b.y.data)).toEqual([2]);
  });

  test('bad input', async () => {
    await expectFailure(() => splitRows(fields, { a: 8, b: 3 }), 'ARGUMENT', 'a 8 + b 3 = 11', '10');
    await expectFailure(() => splitRows(fields, { a: -1 }), 'ARGUMENT', "'a'");
    await expectFailure(
      () => splitRows({ ...fields, z: arrayData(new Int32Array(3)) }, { a: 1 }),
      'SHAPE',
      "'z' has 3",
    );
    await expectFailure(() => splitRows({}, {}), 'ARGUMENT', 'at least one field');
  });
});
