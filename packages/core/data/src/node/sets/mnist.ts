import type { LabelledImages } from '../../arrays.js';
import { elementCount } from '../../arrays.js';
import { DataSetError } from '../../errors.js';
import { decodeIdx, decodeIdxImages } from '../../formats/idx.js';
import { decodeFile } from '../files.js';
import type { ImageSet, SetInfo } from './catalogue.js';
import { publicSets } from './catalogue.js';
import type { SetOptions } from './obtain.js';
import { checkLimits, checkSetOptions, obtain, setOptionNames } from './obtain.js';

/** Options of `mnist` and `fashionMnist`. */
export interface MnistOptions extends SetOptions {
  /** Keep the first so many training images only. Default all: 60,000. */
  readonly train?: number;
  /** Keep the first so many test images only. Default all: 10,000. */
  readonly test?: number;
}

/**
 * MNIST: 60,000 training and 10,000 test digits. images float32 `[N, 1, 28, 28]` in [0, 1], labels int32 `[N]`.
 * Fetched once into the cache (11.6 MB), or read from `folder` (`train-images-idx3-ubyte.gz` and so on, with or
 * without `.gz`). Throws DataSetError, DownloadError, StorageError, FormatError.
 */
export async function mnist(options: MnistOptions = {}): Promise<ImageSet> {
  return load('mnist', publicSets.mnist, options);
}

/** Fashion-MNIST, in the format of MNIST; 30.9 MB to fetch. Options, shapes and errors as `mnist`. */
export async function fashionMnist(options: MnistOptions = {}): Promise<ImageSet> {
  return load('fashionMnist', publicSets['fashion-mnist'], options);
}

async function load(op: string, set: SetInfo, options: MnistOptions): Promise<ImageSet> {
  checkSetOptions(op, options, { ...setOptionNames, train: true, test: true });
  const { train: trainRows = Infinity, test: testRows = Infinity, ...where } = options;
  checkLimits(op, { train: trainRows, test: testRows });
  // One after the other: progress stays readable, and the two largest arrays are not unpacked at once.
  const train = firstRows(await part(set, 'train', where), trainRows);
  const test = firstRows(await part(set, 't10k', where), testRows);
  return { name: set.name, train, test, classes: set.classes, about: set };
}

/** Copies, so that the rows left out do not stay in memory. */
function firstRows(all: LabelledImages, limit: number): LabelledImages {
  const { images, labels } = all;
  if (labels.data.length <= limit) return all;
  const width = elementCount(images.shape.slice(1));
  return {
    images: {
      shape: [limit, ...images.shape.slice(1)],
      dtype: 'float32',
      data: images.data.slice(0, limit * width),
    },
    labels: { shape: [limit], dtype: 'int32', data: labels.data.slice(0, limit) },
  };
}

async function part(set: SetInfo, prefix: 'train' | 't10k', options: SetOptions): Promise<LabelledImages> {
  const path = (name: string): Promise<string> =>
    obtain(set, `${prefix}-${name}.gz`, options, (file) => [file.name, file.name.replace(/\.gz$/, '')]);
  const [imagesPath, labelsPath] = [await path('images-idx3-ubyte'), await path('labels-idx1-ubyte')];
  const images = await decodeFile(imagesPath, decodeIdxImages);
  const labels = await decodeFile(labelsPath, (bytes) => decodeIdx(bytes));
  if (labels.shape.length !== 1 || labels.dtype !== 'int32' || labels.shape[0] !== images.shape[0]) {
    throw new DataSetError(
      'DATASET_INVALID',
      `${set.name}: ${imagesPath} has ${images.shape[0]} images, ${labelsPath} has labels of shape [${labels.shape.join(',')}]`,
    );
  }
  const wrong = labels.data.findIndex((label) => label < 0 || label >= set.classes.length);
  if (wrong >= 0) {
    throw new DataSetError(
      'DATASET_INVALID',
      `${set.name}: label ${wrong} of ${labelsPath} is ${labels.data[wrong]}, not 0..9`,
    );
  }
  return { images, labels };
}
