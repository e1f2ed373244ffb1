import type { Tensor, Tree } from '@core/tensor';

/**
 * An iterative method for a structured problem (bilevel, block-coordinate, finite-sum), as pure functions.
 *
 * The problem is a value that the solver's package defines; the state is a tree of tensors, so that a solve can be
 * saved and resumed. `measures` are scalars for curves, such as the norm of the hypergradient and oracle calls so far.
 */
export interface Solver<Problem = unknown, State = Tree, Solution = Tree> {
  init(problem: Problem, key: Tensor): State;
  step(problem: Problem, state: State): { state: State; measures: Readonly<Record<string, Tensor | number>> };
  solution(problem: Problem, state: State): Solution;
  /**
   * Exact measures of a state, by the names that `step` has, whatever they cost. A solver with this function is traced: its step
   * works inside `jit`. One without looks at values between steps, as searches do, and is run as it is.
   */
  measure?(problem: Problem, state: State): Readonly<Record<string, Tensor>>;
  /** Whether nothing is left to do; for searches that end by themselves. */
  finished?(problem: Problem, state: State): boolean;
}
