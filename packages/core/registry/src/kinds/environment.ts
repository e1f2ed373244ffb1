import type { Tensor, Tree } from '@core/tensor';

/** Actions are int32 scalars `0 .. count - 1`, or float tensors of a shape within bounds. */
export type ActionSpace =
  | { readonly type: 'discrete'; readonly count: number }
  | {
      readonly type: 'continuous';
      readonly shape: readonly number[];
      readonly low: number;
      readonly high: number;
    };

/** What an agent has to know of an environment before it starts. */
export interface Spaces {
  readonly observationShape: readonly number[];
  readonly actions: ActionSpace;
}

/**
 * A Markov decision process as pure functions: the same key, state and action give the same step, so that episodes can
 * be replayed and run in batches under `vmap`. `reward` is a float scalar, `done` a bool scalar.
 */
export interface Environment<State = Tree> extends Spaces {
  reset(key: Tensor): { state: State; observation: Tensor };
  step(
    state: State,
    action: Tensor,
    key: Tensor,
  ): { state: State; observation: Tensor; reward: Tensor; done: Tensor };
}
