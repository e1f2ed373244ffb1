import type { Tensor, Tree } from '@core/tensor';

/** What a model or layer computes with besides its parameters: a random key (for dropout) and the mode. */
export interface ApplyOptions {
  /** Random key; required in training by models with dropout. */
  readonly key?: Tensor;
  /** Training mode: dropout drops, batch statistics are updated. Default `false`. */
  readonly train?: boolean;
}

/**
 * A network as a pair of pure functions. What is learned is in `params`, what is only tracked (running means) in `state`.
 *
 * Shapes: `inputShape` is that of one example, without the batch axis (`[1, 28, 28]`); `x` is `[batch, ...inputShape]`
 * and `output` is `[batch, ...]`. A model without state gives and takes `{}`.
 */
export interface Model<Params = Tree, State = Tree> {
  init(key: Tensor, inputShape: readonly number[]): { params: Params; state: State };
  apply(params: Params, state: State, x: Tensor, options?: ApplyOptions): { output: Tensor; state: State };
}
