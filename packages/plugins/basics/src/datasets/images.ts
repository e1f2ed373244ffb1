import { ArgumentError } from '@core/tensor';
import { takeRows, toTensor } from '@core/data';
import type { LabelledImages } from '@core/data';
import type { Dataset, Split } from '@core/registry';
import { knownSplit } from './splits.js';

/** Labelled images by split. */
export type ImageParts = Readonly<Record<Split, LabelledImages>>;

/** What is known of a set before its files are read. */
export interface ImageDatasetOptions {
  readonly name: string;
  /** [channels, height, width] */
  readonly inputShape: readonly [1 | 3, number, number];
  readonly classNames: readonly string[];
  /** A set without validation pictures has 0 of them, and no such split. */
  readonly sizes: Readonly<Record<Split, number>>;
  /** Reads the files; called when examples are first asked for, and again if that failed. */
  readonly read: () => Promise<ImageParts>;
}

/** A dataset of pictures with values in [0, 1] that reads its files late and keeps them. */
export function imageDataset({ name, inputShape, classNames, sizes, read }: ImageDatasetOptions): Dataset {
  const all = ['train', 'validation', 'test'] as const;
  const splits = all.filter((split) => split !== 'validation' || sizes.validation > 0);
  let reading: Promise<ImageParts> | undefined;
  const part = async (split: Split): Promise<LabelledImages> => {
    const known = knownSplit(name, split, splits);
    reading ??= read();
    try {
      const found = (await reading)[known];
      checkSize(name, split, found, sizes[known]);
      return found;
    } catch (error) {
      reading = undefined;
      throw error;
    }
  };
  return {
    name,
    inputShape,
    classNames,
    splits,
    size: (split) => sizes[knownSplit(name, split, splits)],
    load: async (split) => {
      const { images, labels } = await part(split);
      return { inputs: toTensor(images), targets: toTensor(labels) };
    },
    picture: async (split, index) => {
      const { images } = await part(split);
      const count = sizes[knownSplit(name, split, splits)];
      if (!Number.isInteger(index) || index < 0 || index >= count)
        throw new ArgumentError(
          `${name}: there is no picture ${index}; ${split} has the pictures 0 to ${count - 1}`,
        );
      const [channels, height, width] = inputShape;
      const size = height * width;
      const start = index * channels * size;
      const pixels = new Uint8Array(size * channels);
      for (let channel = 0; channel < channels; channel++)
        for (let i = 0; i < size; i++)
          pixels[i * channels + channel] = Math.round(images.data[start + channel * size + i]! * 255);
      return { width, height, channels, pixels };
    },
  };
}

/** The first `train` rows to learn from, and the last `validation` rows. */
export function heldOut(
  part: LabelledImages,
  train: number,
  validation: number,
): { train: LabelledImages; validation: LabelledImages } {
  const count = part.labels.data.length;
  const rows = (from: number, to: number): LabelledImages => {
    if (from === 0 && to === count) return part;
    const chosen = Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
    return { images: takeRows(part.images, chosen), labels: takeRows(part.labels, chosen) };
  };
  return {
    train: rows(0, Math.min(train, count)),
    validation: rows(Math.max(0, count - validation), count),
  };
}

function checkSize(name: string, split: Split, { images }: LabelledImages, wanted: number): void {
  if (images.shape[0] === wanted) return;
  throw new ArgumentError(`${name}: ${split} has ${images.shape[0]} examples, ${wanted} were asked for`);
}
