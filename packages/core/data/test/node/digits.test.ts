import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ArrayData } from '../../src/index.js';
import { digits } from '../../src/node.js';
import { expectFailure, temporaryFolder } from '../support.js';

// One cache for the file: what is slow is only done where a test is about it.
const cache = join(temporaryRoot(), 'digits-cache');

function temporaryRoot(): string {
  return join(import.meta.dirname, '..', '..', 'node_modules', '.cache');
}

const image = (images: ArrayData, i: number): string => images.data.subarray(i * 784, (i + 1) * 784).join();

describe('digits', () => {
  test('shapes, dtypes, values, classes', async () => {
    const { train, test: held, classes, about } = await digits({ cache });
    expect(train.images.shape).toEqual([8000, 1, 28, 28]);
    expect(train.labels).toMatchObject({ shape: [8000], dtype: 'int32' });
    expect(held.images.shape).toEqual([2000, 1, 28, 28]);
    expect(classes).toHaveLength(10);
    expect(about.licence).toContain('MIT');
    const counts = new Array<number>(10).fill(0);
    for (const { labels } of [train, held]) labels.data.forEach((label: number) => counts[label]!++);
    expect(counts).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    // Every value is a byte divided by 255, rounded once.
    const values = new Set(train.images.data);
    for (const value of values) expect(Math.fround(Math.round(value * 255) / 255)).toBe(value);
    expect(values.size).toBe(256);
  });

  test('the parts are disjoint and depend on the seed only', async () => {
    for (const seed of [0, 1, 2]) {
      const { train, test: held } = await digits({ cache, train: 300, test: 100, seed });
      const seen = new Set(Array.from({ length: 300 }, (_, i) => image(train.images, i)));
      for (let i = 0; i < 100; i++) expect(seen.has(image(held.images, i))).toBe(false);
      expect((await digits({ cache, train: 300, test: 100, seed })).train).toEqual(train);
    }
    const [a, b] = [await digits({ cache, seed: 1, train: 50 }), await digits({ cache, seed: 2, train: 50 })];
    expect(a.train.labels.data).not.toEqual(b.train.labels.data);
  });

  test('stay the same from release to release', async () => {
    const { train } = await digits({ cache, train: 20, test: 0, seed: 7 });
    expect(train.labels.data.join(' ')).toMatchInlineSnapshot(`"3 7 8 2 6 1 4 1 0 5 0 0 5 7 4 9 4 7 0 6"`);
  });

  test('labels are right: mean images classify their own digits', async () => {
    const { train, test: held } = await digits({ cache, train: 4000, test: 1000 });
    const means = Array.from({ length: 10 }, () => new Float64Array(784));
    const counts = new Array<number>(10).fill(0);
    train.labels.data.forEach((label: number, i: number) => {
      counts[label]!++;
      for (let p = 0; p < 784; p++) means[label]![p]! += train.images.data[i * 784 + p]!;
    });
    means.forEach((mean, label) => mean.forEach((sum, p) => (mean[p] = sum / counts[label]!)));
    let right = 0;
    held.labels.data.forEach((label: number, i: number) => {
      const distances = means.map((mean) =>
        mean.reduce((sum, m, p) => sum + (m - held.images.data[i * 784 + p]!) ** 2, 0),
      );
      if (distances.indexOf(Math.min(...distances)) === label) right++;
    });
    // The nearest-mean classifier reaches 82% on MNIST; wrong labels would give 10%.
    expect(right).toBeGreaterThan(770);
  });
});

describe('the cache', () => {
  const fileOf = (folder: string): string => join(folder, 'digits', readdirSync(join(folder, 'digits'))[0]!);
  const small = { train: 5, test: 5 };

  test('is written once, and again only when it was damaged', async () => {
    const folder = temporaryFolder();
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    const first = await digits({ cache: folder, ...small, log });
    expect(lines).toEqual([expect.stringContaining('once')]);
    const path = fileOf(folder);
    expect(path).toMatch(/mnist-1\.1\.0-[0-9a-f]{16}\.bin$/);
    expect(statSync(path).size).toBe(7_850_000);
    utimesSync(path, 1000, 1000);
    expect(await digits({ cache: folder, ...small, log })).toEqual(first);
    expect(statSync(path).mtimeMs).toBe(1_000_000);

    const whole = readFileSync(path);
    for (const damaged of [whole.subarray(0, 1000), Buffer.alloc(0), flip(whole)]) {
      writeFileSync(path, damaged);
      expect(await digits({ cache: folder, ...small, log })).toEqual(first);
      expect(lines.at(-1)).toContain('damaged');
      expect(readFileSync(path).equals(whole)).toBe(true);
    }
    expect(readdirSync(join(folder, 'digits'))).toHaveLength(1);
  });

  test('several at once', async () => {
    const folder = temporaryFolder();
    const all = await Promise.all([1, 2, 3].map(() => digits({ cache: folder, ...small })));
    expect(all[1]).toEqual(all[0]);
    expect(readdirSync(join(folder, 'digits'))).toHaveLength(1);
  });

  test('that cannot be written only costs time', async () => {
    const folder = temporaryFolder();
    // A file stands where the folder should be.
    writeFileSync(join(folder, 'digits'), '');
    const lines: string[] = [];
    const set = await digits({ cache: folder, ...small, log: (line) => void lines.push(line) });
    expect(set.train.labels.shape).toEqual([5]);
    expect(lines.at(-1)).toContain('cannot be cached');
  });

  function flip(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    copy[12345]! ^= 1;
    return copy;
  }
});

test('bad input', async () => {
  await expectFailure(() => digits({ train: 9000 }), 'ARGUMENT', '11000', '10000');
  await expectFailure(() => digits({ train: -1 }), 'ARGUMENT', 'train');
  await expectFailure(() => digits({ test: 1.5 }), 'ARGUMENT', 'test');
  mkdirSync(cache, { recursive: true });
  await expectFailure(() => digits({ cache, seed: -1 }), 'ARGUMENT', 'seed');
});
