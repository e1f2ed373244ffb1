import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tensor } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import type { Source } from '../batching/source.js';
import type { ArrayData } from '../arrays.js';
import { DataSetError } from '../errors.js';
import { checkOptions } from '../checks.js';
import type { ImageOptions } from '../formats/image.js';
import { imageOptionNames } from '../formats/image.js';
import { readImage } from './files.js';
import { checkPath } from './paths.js';

/** The images of a folder, read when their batch is asked for. */
export interface ImageFolder extends Source<{ readonly images: Tensor; readonly labels: Tensor }> {
  /** The names of the class folders, sorted; a label is a position in this list. */
  readonly classes: readonly string[];
  /** The path of each image. */
  readonly files: readonly string[];
  /** The label of each image. */
  readonly labels: readonly number[];
}

/**
 * A data set of one folder per class, each with PNG or JPEG files (and folders of them): `cats/1.png`, `dogs/1.jpg`.
 * Classes and files are sorted by name. Batches: images float32 `[B, C, H, W]` in [0, 1], labels int32 `[B]`.
 * All images must have one shape; `size` and `grayscale` (ImageOptions) make them so.
 * Throws DataSetError `DATASET_MISSING` for a folder without classes or images; when a batch is read,
 * DataSetError `DATASET_INVALID` for images of different shapes, FormatError for a damaged file.
 */
export async function imageFolder(path: string, options: ImageOptions = {}): Promise<ImageFolder> {
  checkPath('imageFolder', path);
  checkOptions('imageFolder', options, imageOptionNames);
  const classes = (await entries(path))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  if (classes.length === 0) {
    throw new DataSetError(
      'DATASET_MISSING',
      `${path} has no folders; wanted is one folder of images per class`,
    );
  }
  const files: string[] = [];
  const labels: number[] = [];
  for (const [label, name] of classes.entries()) {
    const found = await images(join(path, name));
    if (found.length === 0)
      throw new DataSetError('DATASET_MISSING', `${join(path, name)} has no PNG or JPEG files`);
    files.push(...found);
    labels.push(...found.map(() => label));
  }
  return {
    size: files.length,
    classes,
    files,
    labels,
    async get(indices) {
      const chosen = Array.from(indices, (index) => files[index]!);
      const decoded = await Promise.all(chosen.map((file) => readImage(file, options)));
      return {
        images: stack(decoded, chosen),
        labels: tensor(
          Int32Array.from(indices, (index) => labels[index]!),
          { shape: [indices.length], dtype: 'int32' },
        ),
      };
    },
  };
}

async function entries(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (cause) {
    throw new DataSetError('DATASET_MISSING', `${path} is not a folder that can be read`, { cause });
  }
}

async function images(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await entries(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await images(path)));
    else if (/\.(png|jpe?g)$/i.test(entry.name)) found.push(path);
  }
  return found.sort();
}

function stack(decoded: readonly ArrayData[], files: readonly string[]): Tensor {
  const shape = decoded[0]?.shape ?? [0, 0, 0];
  const size = decoded[0]?.data.length ?? 0;
  const all = new Float32Array(decoded.length * size);
  decoded.forEach((image, i) => {
    if (image.shape.some((length, axis) => length !== shape[axis])) {
      throw new DataSetError(
        'DATASET_INVALID',
        `${files[i]} has shape [${image.shape.join(',')}], ${files[0]} has [${shape.join(',')}]; ` +
          'give size: [height, width], and grayscale: true where only some images have colour',
      );
    }
    all.set(image.data, i * size);
  });
  return tensor(all, { shape: [decoded.length, ...shape], dtype: 'float32' });
}
