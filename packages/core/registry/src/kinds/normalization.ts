import type { Tensor, Tree } from '@core/tensor';

/**
 * A normalisation layer: output has the input's shape, statistics are explicit state.
 *
 * Shapes: `inputShape` is that of one example without the batch axis, `x` and `output` are `[batch, ...inputShape]`.
 * With `train: true` the statistics of the batch are used and tracked in the returned state, else those of `state`.
 */
export interface Normalization<Params = Tree, State = Tree> {
  init(inputShape: readonly number[]): { params: Params; state: State };
  apply(
    params: Params,
    state: State,
    x: Tensor,
    options?: { readonly train?: boolean },
  ): { output: Tensor; state: State };
}
