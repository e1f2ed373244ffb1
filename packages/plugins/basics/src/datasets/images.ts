import { ArgumentError } from '@core/tensor';
import { toTensor } from '@core/data';
import type { LabelledImages } from '@core/data';
import type { Dataset, Split } from '@core/registry';

/** Labelled images in the two splits that every set here has. */
export interface ImageParts {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

/** What is known of a set before its files are read. */
export interface ImageDatasetOptions {
  readonly name: string;
  /** [channels, height, width] */
  readonly inputShape: readonly [1 | 3, number, number];
  readonly classNames: readonly string[];
  readonly sizes: { readonly train: number; readonly test: number };
  /** Reads the files; called when examples are first asked for, and again if that failed. */
  readonly read: () => Promise<ImageParts>;
}

/** A dataset of pictures with values in [0, 1] that reads its files late and keeps them. */
export function imageDataset({ name, inputShape, classNames, sizes, read }: ImageDatasetOptions): Dataset {
  let reading: Promise<ImageParts> | undefined;
  const part = async (split: Split): Promise<LabelledImages> => {
    const known = knownSplit(name, split);
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
    splits: ['train', 'test'],
    size: (split) => sizes[knownSplit(name, split)],
    load: async (split) => {
      const { images, labels } = await part(split);
      return { inputs: toTensor(images), targets: toTensor(labels) };
    },
    picture: async (split, index) => {
      const { images } = await part(split);
      const count = sizes[knownSplit(name, split)];
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

/** Throws ArgumentError for a split other than train and test. */
export function knownSplit(name: string, split: Split): 'train' | 'test' {
  if (split === 'train' || split === 'test') return split;
  throw new ArgumentError(`${name}: there is no split ${String(split)}; it has train and test`);
}

function checkSize(name: string, split: Split, { images }: LabelledImages, wanted: number): void {
  if (images.shape[0] === wanted) return;
  throw new ArgumentError(`${name}: ${split} has ${images.shape[0]} examples, ${wanted} were asked for`);
}
