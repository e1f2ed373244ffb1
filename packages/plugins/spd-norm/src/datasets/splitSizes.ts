import { ArgumentError } from '@core/tensor';
import type { Split } from '@core/registry';

/** Sizes of the splits of a dataset that has train and test. @throws ArgumentError for another split */
export function splitSizes(name: string, train: number, test: number): (split: Split) => number {
  return (split) => {
    if (split === 'train') return train;
    if (split === 'test') return test;
    throw new ArgumentError(`${name}: there is no split ${split}; there are train and test`);
  };
}
