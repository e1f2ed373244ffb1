import type { Dataset } from '@core/registry';
import { ArgumentError } from '@core/tensor';
import { heldOut, imageDataset } from './images.js';

/** Options of `digits`. */
export interface DigitsDatasetOptions {
  /** Training digits. Default 8000. */
  readonly train?: number;
  /** Validation digits, none of them among the others; without them there is no such split. Default 0. */
  readonly validation?: number;
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
export function digits({
  train = 8000,
  validation = 0,
  test = 2000,
  seed = 0,
}: DigitsDatasetOptions = {}): Dataset {
  const total = train + validation + test;
  if (total > 10_000) {
    const held = validation > 0 ? ` + validation ${validation}` : '';
    throw new ArgumentError(
      `digits: train ${train}${held} + test ${test} = ${total}, but there are 10,000 digits`,
    );
  }
  return imageDataset({
    name: 'Handwritten digits',
    inputShape: [1, 28, 28],
    classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    sizes: { train, validation, test },
    read: async () => {
      const data = await import('@core/data/node');
      const set = await data.digits({ train: train + validation, test, seed });
      return { ...heldOut(set.train, train, validation), test: set.test };
    },
  });
}
