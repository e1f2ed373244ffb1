import type { Tensor } from '@core/tensor';

export type Split = 'train' | 'validation' | 'test';

/** Examples and what is to be learned of them. */
export interface Examples {
  /** `[n, ...inputShape]`, float, or int32 where inputs are numbers of things (characters, users). */
  readonly inputs: Tensor;
  /** `[n]` int32 class numbers (`[n, ...]` with several answers to an example), or `[n, ...]` float values. */
  readonly targets: Tensor;
}

/** An example drawn for people, before any normalisation: 8 bits a channel, row by row, channels last. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly pixels: Uint8Array;
}

/**
 * Examples in named splits that do not overlap. Loading twice gives the same examples in the same order; shuffling and
 * batching belong to the training loop. The caller owns the tensors that `load` returns.
 */
export interface Dataset {
  /** Shown to people, such as `MNIST digits`. */
  readonly name: string;
  /** Shape of one example without the batch axis, `[1, 28, 28]` for grey pictures (channels first). */
  readonly inputShape: readonly number[];
  /** Names of the classes, in order of the class numbers; empty when targets are not classes. */
  readonly classNames: readonly string[];
  readonly splits: readonly Split[];
  /** Number of examples of a split; throws for a split that the dataset has not. */
  size(split: Split): number;
  load(split: Split): Promise<Examples>;
  /** Present where examples can be shown. `index` counts in the order of `load`. */
  picture?(split: Split, index: number): Promise<Picture>;
}
