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
}
