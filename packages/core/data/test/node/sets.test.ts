import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test, onTestFinished, vi } from 'vitest';
import type { ArrayData } from '../../src/index.js';
import { encodeIdx, zip } from '../../src/index.js';
import { cifar10, fashionMnist, mnist, movielens, publicSets } from '../../src/node.js';
import { tar } from '../formats/tarball.js';
import { expectFailure, temporaryFolder } from '../support.js';
import { serve } from './server.js';

const ints = (shape: number[], at: (i: number) => number): ArrayData => ({
  shape,
  dtype: 'int32',
  data: Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => at(i)),
});

/** A folder with a set in MNIST's format: 3 training and 2 test images of 2 x 2. */
function idxFolder(packed: boolean): string {
  const folder = temporaryFolder();
  for (const [part, n] of [
    ['train', 3],
    ['t10k', 2],
  ] as const) {
    const files = {
      'images-idx3-ubyte': encodeIdx(
        ints([n, 2, 2], (i) => (i * 50) % 256),
        { as: 'uint8' },
      ),
      'labels-idx1-ubyte': encodeIdx(
        ints([n], (i) => 9 - i),
        { as: 'uint8' },
      ),
    };
    for (const [name, bytes] of Object.entries(files)) {
      writeFileSync(join(folder, `${part}-${name}${packed ? '.gz' : ''}`), packed ? gzipSync(bytes) : bytes);
    }
  }
  return folder;
}

describe('the catalogue', () => {
  test('every file has addresses, a size and a checksum', () => {
    for (const [name, set] of Object.entries(publicSets)) {
      expect(set.name).toBe(name);
      for (const file of set.files) {
        const { md5, sha256 } = file as { md5?: string; sha256?: string };
        expect(file.urls.length).toBeGreaterThan(0);
        for (const url of file.urls) expect(new URL(url).pathname.endsWith(file.name)).toBe(true);
        expect(file.size).toBeGreaterThan(1000);
        expect(md5 ?? sha256).toBeDefined();
        if (md5 !== undefined) expect(md5).toMatch(/^[0-9a-f]{32}$/);
        if (sha256 !== undefined) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      }
    }
  });
});

describe('MNIST and Fashion-MNIST', () => {
  test.each([true, false])('from a local folder, packed: %s', async (packed) => {
    const set = await mnist({ folder: idxFolder(packed) });
    expect(set.train.images.shape).toEqual([3, 1, 2, 2]);
    expect(Array.from(set.train.images.data.slice(0, 3))).toEqual(
      [0, 50, 100].map((x) => Math.fround(x / 255)),
    );
    expect(set.train.labels).toEqual({ shape: [3], dtype: 'int32', data: Int32Array.of(9, 8, 7) });
    expect(set.test.images.shape[0]).toBe(2);
    expect((await fashionMnist({ folder: idxFolder(packed) })).classes[9]).toBe('Ankle boot');
  });

  test.each([mnist, fashionMnist])('the first rows only: %o', async (load) => {
    const folder = idxFolder(true);
    const all = await load({ folder });
    const some = await load({ folder, train: 2, test: 0 });
    expect(some.train.images.shape).toEqual([2, 1, 2, 2]);
    expect(some.train.images.data).toEqual(all.train.images.data.subarray(0, 8));
    expect(some.train.labels).toEqual({ shape: [2], dtype: 'int32', data: Int32Array.of(9, 8) });
    expect(some.test.images.shape).toEqual([0, 1, 2, 2]);
    expect(await load({ folder, train: 60_000, test: Infinity })).toEqual(all);
    await expectFailure(() => load({ folder, train: -1 }), 'ARGUMENT', 'train', '-1');
    await expectFailure(() => load({ folder, test: 1.5 }), 'ARGUMENT', 'test', '1.5');
  });

  test('files that do not fit together', async () => {
    const folder = idxFolder(false);
    const labels = join(folder, 'train-labels-idx1-ubyte');
    writeFileSync(
      labels,
      encodeIdx(
        ints([4], () => 1),
        { as: 'uint8' },
      ),
    );
    await expectFailure(() => mnist({ folder }), 'DATASET_INVALID', '3 images', 'shape [4]');
    writeFileSync(
      labels,
      encodeIdx(
        ints([3], () => 10),
        { as: 'uint8' },
      ),
    );
    await expectFailure(() => mnist({ folder }), 'DATASET_INVALID', 'label 0', '10');
    writeFileSync(labels, 'garbage');
    await expectFailure(() => mnist({ folder }), 'FORMAT_MAGIC', labels);
  });

  test('a folder without them, and no network wanted', async () => {
    const folder = temporaryFolder();
    await expectFailure(
      () => mnist({ folder }),
      'DATASET_MISSING',
      folder,
      'train-images-idx3-ubyte.gz',
      'https://',
    );
    await expectFailure(
      () => mnist({ cache: folder, offline: true }),
      'DOWNLOAD_OFFLINE',
      'pass folder: a folder that has the files already (train-images-idx3-ubyte.gz, ',
      `into the cache folder ${join(folder, 'mnist')}`,
      'https://',
    );
  });

  test('a network that fails', async () => {
    const cache = temporaryFolder();
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')));
    onTestFinished(() => void vi.unstubAllGlobals());
    await expectFailure(
      () => mnist({ cache, retries: 0 }),
      'DOWNLOAD_NETWORK',
      'fetch failed',
      'pass folder: a folder that has the files already (train-images-idx3-ubyte.gz, ',
      `into the cache folder ${join(cache, 'mnist')}`,
    );
  });

  test('a mirror is asked first, and its file must have the published checksum', async () => {
    const cache = temporaryFolder();
    const server = await serve((_, response) => response.end(gzipSync('not the file')));
    const controller = new AbortController();
    // Whatever comes after the mirror is a published address, which no test may ask.
    const log = (line: string): void => {
      expect(line).toContain(server.url);
      controller.abort(new Error('after the mirror'));
    };
    const running = mnist({
      cache,
      mirrors: [`${server.url}/m/`],
      retries: 0,
      log,
      signal: controller.signal,
    });
    await expect(running).rejects.toThrow('after the mirror');
    expect(server.requests).toEqual(['/m/train-images-idx3-ubyte.gz']);
    expect(readdirSync(join(cache, 'mnist'))).not.toContain('train-images-idx3-ubyte.gz');
  });
});

describe('CIFAR-10', () => {
  const record = (label: number, fill: number): Uint8Array => {
    const bytes = new Uint8Array(3073).fill(fill);
    bytes[0] = label;
    // One green pixel: plane 1, row 1, column 2.
    bytes[1 + 1024 + 34] = 255;
    return bytes;
  };
  const files = new Map(
    ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch'].map(
      (name, i) => [`${name}.bin`, new Uint8Array(Buffer.concat([record(i, 10 * i), record(9 - i, 0)]))],
    ),
  );

  test('from the archive and from its folder', async () => {
    const folder = temporaryFolder();
    const packed = gzipSync(tar([...files].map(([name, bytes]) => [`cifar-10-batches-bin/${name}`, bytes])));
    writeFileSync(join(folder, 'cifar-10-binary.tar.gz'), packed);
    const set = await cifar10({ folder });
    expect(set.train.images.shape).toEqual([10, 3, 32, 32]);
    expect(set.test.images.shape).toEqual([2, 3, 32, 32]);
    expect(Array.from(set.train.labels.data)).toEqual([0, 9, 1, 8, 2, 7, 3, 6, 4, 5]);
    expect(set.train.images.data[1024 + 34]).toBe(1);
    expect(set.train.images.data[2 * 3072]).toBe(Math.fround(10 / 255));

    const open = temporaryFolder();
    mkdirSync(join(open, 'cifar-10-batches-bin'));
    for (const [name, bytes] of files) writeFileSync(join(open, 'cifar-10-batches-bin', name), bytes);
    expect(await cifar10({ folder: open })).toEqual(set);
    expect(await cifar10({ folder: join(open, 'cifar-10-batches-bin') })).toEqual(set);
    const some = await cifar10({ folder: open, train: 3, test: 0 });
    expect(some.train.labels.data).toEqual(set.train.labels.data.slice(0, 3));
    expect(some.test.images.shape).toEqual([0, 3, 32, 32]);
  });

  test('bad input', async () => {
    const folder = temporaryFolder();
    await expectFailure(() => cifar10({ folder }), 'DATASET_MISSING', 'cifar-10-binary.tar.gz');
    await expectFailure(() => cifar10({ folder, train: -1 }), 'ARGUMENT', 'train');
    for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
    writeFileSync(join(folder, 'data_batch_2.bin'), new Uint8Array(3072));
    await expectFailure(() => cifar10({ folder }), 'DATASET_INVALID', 'data_batch_2.bin', '3072');
    writeFileSync(join(folder, 'data_batch_2.bin'), record(10, 0));
    await expectFailure(() => cifar10({ folder }), 'DATASET_INVALID', 'label 2 is 10');
    writeFileSync(join(folder, 'cifar-10-binary.tar.gz'), gzipSync(tar([['other', new Uint8Array(1)]])));
    await expectFailure(() => cifar10({ folder }), 'DATASET_MISSING', 'data_batch_1.bin');
  });
});

describe('MovieLens', () => {
  const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

  test('100K: tab-separated, Latin-1 titles', async () => {
    const folder = temporaryFolder();
    const members = new Map([
      ['ml-100k/u.data', latin('7\t20\t3\t881250949\n5\t10\t5\t891717742\n7\t10\t1\t878887116\n')],
      ['ml-100k/u.item', latin('10|Amélie "x"|01-Jan-1995||http://a|0\n20|B|\n30|unrated|\n')],
      ['ml-100k/README', latin('ignored')],
    ]);
    writeFileSync(join(folder, 'ml-100k.zip'), zip(members, true));
    const set = await movielens({ folder });
    expect(Array.from(set.users.data)).toEqual([1, 0, 1]);
    expect(Array.from(set.items.data)).toEqual([1, 0, 0]);
    expect(set.ratings).toEqual({ shape: [3], dtype: 'float32', data: Float32Array.of(3, 5, 1) });
    expect(set.timestamps.data).toEqual(Float64Array.of(881250949, 891717742, 878887116));
    expect(set.userIds).toEqual([5, 7]);
    expect(set.itemIds).toEqual([10, 20]);
    expect(set.titles).toEqual(['Amélie "x"', 'B']);

    const open = join(folder, 'ml-100k');
    mkdirSync(open);
    for (const [name, bytes] of members) writeFileSync(join(folder, name), bytes);
    expect(await movielens({ folder: open })).toEqual(set);
  });

  test('latest-small: CSV with quoted titles', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'ratings.csv'), 'userId,movieId,rating,timestamp\n1,3,4.5,964982703\n');
    writeFileSync(join(folder, 'movies.csv'), 'movieId,title,genres\n3,"One, Two (1995)",Comedy\n');
    const set = await movielens({ folder, variant: 'latest-small' });
    expect(set.titles).toEqual(['One, Two (1995)']);
    expect(set.ratings.data[0]).toBe(4.5);
    writeFileSync(join(folder, 'ratings.csv'), 'userId,movieId,rating,timestamp\n1,3,good,1\n');
    await expectFailure(
      () => movielens({ folder, variant: 'latest-small' }),
      'CSV_VALUE',
      'ratings.csv',
      'line 2',
      "'good'",
    );
    writeFileSync(join(folder, 'ratings.csv'), 'userId,movieId,rating,timestamp\n1,4,3,1\n');
    await expectFailure(() => movielens({ folder, variant: 'latest-small' }), 'DATASET_INVALID', 'film 4');
  });

  test('bad input', async () => {
    await expectFailure(() => movielens({ variant: '1m' as '100k' }), 'ARGUMENT', '"1m"');
    await expectFailure(
      () => movielens({ folder: temporaryFolder() }),
      'DATASET_MISSING',
      'ml-100k.zip',
      'u.data',
    );
  });
});
