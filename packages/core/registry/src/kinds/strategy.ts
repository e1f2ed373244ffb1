import type { Tensor, Tree } from '@core/tensor';
import type { Examples } from './dataset.js';

/** Mean loss of parameters over a batch, as the training loop computes it: a scalar. */
export type Objective = (params: Tree, batch: Examples) => Tensor;

/**
 * How to learn from a sequence of tasks without forgetting, as pure functions around a training loop.
 *
 * The loop minimises `objective(base, state)` instead of `base`, and calls `endTask` when a task's data is used up.
 * `State` is a tree of tensors (importance weights, kept examples).
 */
export interface Strategy<State = Tree> {
  init(key: Tensor, params: Tree): State;
  /** The objective to minimise on the present task; differentiable in `params`. */
  objective(base: Objective, state: State): Objective;
  endTask(state: State, params: Tree, examples: Examples, base: Objective): State;
}
