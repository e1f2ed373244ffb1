import { join } from 'node:path';
import type { LabelledImages } from '../../arrays.js';
import { DataSetError } from '../../errors.js';
import { unitInterval } from '../../formats/idx.js';
import { untar } from '../../formats/tar.js';
import { decodeFile, readBytes } from '../files.js';
import type { ImageSet } from './catalogue.js';
import { publicSets } from './catalogue.js';
import type { SetOptions } from './obtain.js';
import { checkLimits, checkSetOptions, obtain, setOptionNames } from './obtain.js';

const set = publicSets['cifar-10'];
const pixels = 3 * 32 * 32;
/** A record is a label byte, then the red, green and blue planes, each row by row. */
const record = 1 + pixels;
const archive = 'cifar-10-binary.tar.gz';
const inner = 'cifar-10-batches-bin';
const trainFiles = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
const testFiles = ['test_batch.bin'];

/** Options of `cifar10`. */
export interface Cifar10Options extends SetOptions {
  /** Read the first so many training images only. Default all: 50,000, which take 614 MB as float32. */
  readonly train?: number;
  /** Read the first so many test images only. Default all: 10,000. */
  readonly test?: number;
}

/**
 * CIFAR-10 (binary version). images float32 `[N, 3, 32, 32]` in [0, 1], labels int32 `[N]`.
 * Fetched once into the cache (170 MB), or read from `folder`: the archive, or its unpacked
 * `cifar-10-batches-bin`. Throws DataSetError, DownloadError, StorageError, FormatError.
 * Source: "Binary version" on the data set's page.
 */
export async function cifar10(options: Cifar10Options = {}): Promise<ImageSet> {
  checkSetOptions('cifar10', options, { ...setOptionNames, train: true, test: true });
  const { train = Infinity, test = Infinity } = options;
  checkLimits('cifar10', { train, test });
  const path = await obtain(set, archive, options, (file) => [
    file.name,
    join(inner, testFiles[0]!),
    testFiles[0]!,
  ]);
  const read = path.endsWith('.tar.gz')
    ? await fromArchive(path)
    : fromFolder(path.slice(0, -testFiles[0]!.length));
  return {
    name: set.name,
    train: await part(trainFiles, train, read),
    test: await part(testFiles, test, read),
    classes: set.classes,
    about: set,
  };
}

type Read = (name: string) => Promise<{ path: string; bytes: Uint8Array }>;

async function fromArchive(path: string): Promise<Read> {
  const files = await decodeFile(path, untar);
  return (name) => {
    const bytes = files.get(`${inner}/${name}`);
    if (bytes === undefined)
      throw new DataSetError('DATASET_MISSING', `cifar-10: ${path} has no ${inner}/${name}`);
    return Promise.resolve({ path: `${path}: ${name}`, bytes });
  };
}

function fromFolder(folder: string): Read {
  return async (name) => ({ path: join(folder, name), bytes: await readBytes(join(folder, name)) });
}

async function part(names: readonly string[], limit: number, read: Read): Promise<LabelledImages> {
  const files: Uint8Array[] = [];
  let rows = 0;
  for (const name of names) {
    if (rows >= limit) break;
    const { path, bytes } = await read(name);
    if (bytes.length % record !== 0) {
      throw new DataSetError(
        'DATASET_INVALID',
        `cifar-10: ${path} has ${bytes.length} bytes, no multiple of ${record}`,
      );
    }
    const kept = Math.min(bytes.length / record, limit - rows);
    files.push(bytes.subarray(0, kept * record));
    rows += kept;
  }
  const images = new Float32Array(rows * pixels);
  const labels = new Int32Array(rows);
  let row = 0;
  for (const bytes of files) {
    for (let at = 0; at < bytes.length; at += record, row++) {
      labels[row] = bytes[at]!;
      if (labels[row]! > 9)
        throw new DataSetError('DATASET_INVALID', `cifar-10: label ${row} is ${labels[row]}, not 0..9`);
      images.set(unitInterval(bytes.subarray(at + 1, at + record)), row * pixels);
    }
  }
  return {
    images: { shape: [rows, 3, 32, 32], dtype: 'float32', data: images },
    labels: { shape: [rows], dtype: 'int32', data: labels },
  };
}
