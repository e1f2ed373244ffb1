import { ArgumentError, random } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import type { Dataset, Examples, Split } from '@core/registry';

/** Throws ArgumentError for a split that is not among those of the dataset. */
export function knownSplit<S extends Split>(name: string, split: Split, splits: readonly S[]): S {
  const known = splits.find((one) => one === split);
  if (known !== undefined) return known;
  const list = [splits.slice(0, -1).join(', '), splits.at(-1) ?? ''].filter((part) => part !== '');
  throw new ArgumentError(`${name}: there is no split ${String(split)}; it has ${list.join(' and ')}`);
}

const three = ['train', 'validation', 'test'] as const;

/** A dataset in three splits that is made on the spot. */
export interface GeneratedOptions extends Pick<Dataset, 'name' | 'inputShape' | 'classNames'> {
  readonly sizes: Readonly<Record<Split, number>>;
  /** Makes a split's examples; the same each time. */
  readonly make: (split: Split, size: number) => Examples | Promise<Examples>;
}

/** A dataset from a function that makes its examples, with train, validation and test. */
export function generated({ name, inputShape, classNames, sizes, make }: GeneratedOptions): Dataset {
  return {
    name,
    inputShape,
    classNames,
    splits: three,
    size: (split) => sizes[knownSplit(name, split, three)],
    // Asynchronous by the kind's contract, and so that an unknown split rejects rather than throws.
    load: async (split) => {
      const known = knownSplit(name, split, three);
      return make(known, sizes[known]);
    },
  };
}

/** A key for what all splits share, and one for each split. */
export function splitKeys(seed: number): Readonly<Record<Split | 'shared', Tensor>> {
  const [shared, train, validation, test] = random.split(random.key(seed), 4) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  return { shared, train, validation, test };
}
