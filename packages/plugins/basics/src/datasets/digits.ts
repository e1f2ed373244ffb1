import type { Dataset } from '@core/registry';
import { ArgumentError } from '@core/tensor';
import { imageDataset } from './images.js';

/** Options of `digits`. */
export interface DigitsDatasetOptions {
  /** Training digits. Default 8000. */
  readonly train?: number;
  /** Test digits, none of them among the training digits. Default 2000. */
  readonly test?: number;
  /** Decides which digits go where, and their order. Default 0. */
  readonly seed?: number;
}

/**
 * 10,000 of MNIST's handwritten digits, 28 x 28 grey in [0, 1], that need no download. Needs Node.
 *
 * @throws ArgumentError if more than 10,000 digits are asked for
 */
export function digits({ train = 8000, test = 2000, seed = 0 }: DigitsDatasetOptions = {}): Dataset {
  if (train + test > 10_000)
    throw new ArgumentError(
      `digits: train ${train} + test ${test} = ${train + test}, but there are 10,000 digits`,
    );
  return imageDataset({
    name: 'Handwritten digits',
    inputShape: [1, 28, 28],
    classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    sizes: { train, test },
    read: async () => {
      const data = await import('@core/data/node');
      return data.digits({ train, test, seed });
    },
  });
}
