import type { Solver } from '@core/registry';
import type { Tensor } from '@core/tensor';

/**
 * A solver whose measures have names that the compiler knows, so that `solve` can record them.
 *
 * `step` returns the measures that cost nothing beyond the step; `measure` computes them exactly for a state, whatever
 * that costs. Both are traced: they work inside `jit`, `scan` and `vmap`.
 */
export interface IterativeSolver<Problem, State, Solution, Measure extends string> extends Solver<
  Problem,
  State,
  Solution
> {
  step(problem: Problem, state: State): { state: State; measures: Readonly<Record<Measure, Tensor>> };
  measure(problem: Problem, state: State): Readonly<Record<Measure, Tensor>>;
}
