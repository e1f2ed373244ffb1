import type { ImageSet, SetOptions } from '@core/data/node';
import { ArgumentError } from '@core/tensor';
import type { Dataset } from '@core/registry';
import { heldOut, imageDataset } from './images.js';

/** Options of the public sets. */
export interface PublicSetOptions {
  /** A folder that has the set's files already, packed or unpacked; nothing is downloaded then. */
  readonly folder?: string | undefined;
  /** Fail rather than download what is not in the cache folder. Default false. */
  readonly offline?: boolean;
  /** Use only the first so many training examples. Default all that are not for validation. */
  readonly train?: number | undefined;
  /** Keep so many of the last training examples for validation; with 0 there is no such split. Default 0. */
  readonly validation?: number;
  /** Use only the first so many test examples. Default all. */
  readonly test?: number | undefined;
}

interface Known {
  readonly name: string;
  readonly inputShape: readonly [1 | 3, number, number];
  readonly classNames: readonly string[];
  readonly sizes: { readonly train: number; readonly test: number };
  readonly read: (options: SetOptions & { train?: number; test?: number }) => Promise<ImageSet>;
}

function publicSet(
  known: Known,
  { folder, offline = false, train: wanted, validation = 0, test: wantedTest }: PublicSetOptions,
): Dataset {
  const rest = known.sizes.train - validation;
  if (rest < 1)
    throw new ArgumentError(
      `${known.name}: validation ${validation} leaves nothing of the ${known.sizes.train} training examples`,
    );
  const train = Math.min(wanted ?? rest, rest);
  const test = Math.min(wantedTest ?? known.sizes.test, known.sizes.test);
  return imageDataset({
    ...known,
    sizes: { train, validation, test },
    read: async () => {
      // Validation comes from the end, so all training examples are read for it.
      const rows = validation > 0 ? known.sizes.train : train;
      const set = await known.read({
        offline,
        train: rows,
        test,
        ...(folder === undefined ? {} : { folder }),
      });
      return { ...heldOut(set.train, train, validation), test: heldOut(set.test, test, 0).train };
    },
  });
}

const mnistSizes = { train: 60_000, test: 10_000 } as const;

/** MNIST: 60,000 + 10,000 handwritten digits, 28 x 28 grey; 12 MB, downloaded once. Needs Node. */
export function mnist(options: PublicSetOptions = {}): Dataset {
  return publicSet(
    {
      name: 'MNIST',
      inputShape: [1, 28, 28],
      classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      sizes: mnistSizes,
      read: async (settings) => (await import('@core/data/node')).mnist(settings),
    },
    options,
  );
}

/** Fashion-MNIST: 60,000 + 10,000 pictures of clothes, 28 x 28 grey; 31 MB, downloaded once. Needs Node. */
export function fashionMnist(options: PublicSetOptions = {}): Dataset {
  return publicSet(
    {
      name: 'Fashion-MNIST',
      inputShape: [1, 28, 28],
      classNames: [
        'T-shirt/top',
        'Trouser',
        'Pullover',
        'Dress',
        'Coat',
        'Sandal',
        'Shirt',
        'Sneaker',
        'Bag',
        'Ankle boot',
      ],
      sizes: mnistSizes,
      read: async (settings) => (await import('@core/data/node')).fashionMnist(settings),
    },
    options,
  );
}

/** CIFAR-10: 50,000 + 10,000 colour pictures, 32 x 32; 170 MB, downloaded once. Needs Node. */
export function cifar10(options: PublicSetOptions = {}): Dataset {
  return publicSet(
    {
      name: 'CIFAR-10',
      inputShape: [3, 32, 32],
      classNames: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
      sizes: { train: 50_000, test: 10_000 },
      read: async (settings) => (await import('@core/data/node')).cifar10(settings),
    },
    options,
  );
}
