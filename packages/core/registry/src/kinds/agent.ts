import type { Tensor, Tree } from '@core/tensor';
import type { Spaces } from './environment.js';

/** One step of experience, as an environment gave it. */
export interface Transition {
  readonly observation: Tensor;
  readonly action: Tensor;
  readonly reward: Tensor;
  readonly nextObservation: Tensor;
  readonly done: Tensor;
}

/** A learner that acts, as pure functions over an explicit state (a tree of tensors). */
export interface Agent<State = Tree> {
  init(key: Tensor, spaces: Spaces): State;
  act(state: State, observation: Tensor, key: Tensor): { action: Tensor; state: State };
  learn(
    state: State,
    transition: Transition,
  ): { state: State; measures: Readonly<Record<string, Tensor | number>> };
}
