import type { LabelledImages } from '../../arrays.js';
import { DataSetError } from '../../errors.js';
import { decodeIdx, decodeIdxImages } from '../../formats/idx.js';
import { decodeFile } from '../files.js';
import type { ImageSet, SetInfo } from './catalogue.js';
import { publicSets } from './catalogue.js';
import type { SetOptions } from './obtain.js';
import { checkSetOptions, obtain, setOptionNames } from './obtain.js';

/**
 * MNIST: 60,000 training and 10,000 test digits. images float32 `[N, 1, 28, 28]` in [0, 1], labels int32 `[N]`.
 * Fetched once into the cache (11.6 MB), or read from `folder` (`train-images-idx3-ubyte.gz` and so on, with or
 * without `.gz`). Throws DataSetError, DownloadError, StorageError, FormatError.
 */
export async function mnist(options: SetOptions = {}): Promise<ImageSet> {
  checkSetOptions('mnist', options, setOptionNames);
  return load(publicSets.mnist, options);
}

/** Fashion-MNIST, in the format of MNIST; 30.9 MB to fetch. Options, shapes and errors as `mnist`. */
export async function fashionMnist(options: SetOptions = {}): Promise<ImageSet> {
  checkSetOptions('fashionMnist', options, setOptionNames);
  return load(publicSets['fashion-mnist'], options);
}

async function load(set: SetInfo, options: SetOptions): Promise<ImageSet> {
  // One after the other: progress stays readable, and the two largest arrays are not unpacked at once.
  const train = await part(set, 'train', options);
  const test = await part(set, 't10k', options);
  return { name: set.name, train, test, classes: set.classes, about: set };
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
