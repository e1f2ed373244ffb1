import type { Solver } from '@core/registry';
import { atLeastOne, check, show } from '@core/registry/checks';
import { ArgumentError, Tensor, random } from '@core/tensor';
import type { StructureProblem, StructureSolver } from './problem.js';

/**
 * A search that starts where another solver ends: TOPO as a post-processor. `init` runs that solver until it is finished, or for `steps`
 * steps, and takes the order of its solution.
 *
 * @throws ArgumentError for steps below 1; by `init` for a solver whose solution has no order
 */
export function startingFrom<State, Measure extends string>(
  first: Solver<StructureProblem>,
  solver: StructureSolver<State, Measure>,
  steps = 1000,
): StructureSolver<State, Measure> {
  check('startingFrom', 'steps', steps, atLeastOne);
  return {
    ...solver,
    init: (problem, key) => {
      const [forFirst, forSolver] = random.split(key);
      let state = first.init(problem, forFirst);
      for (let step = 0; step < steps && first.finished?.(problem, state) !== true; step++)
        state = first.step(problem, state).state;
      const solution: unknown = first.solution(problem, state);
      const order: unknown = (solution as { readonly order?: unknown } | null)?.order;
      if (!(order instanceof Tensor))
        throw new ArgumentError(
          `startingFrom: the first solver must give { weights, order }, as notears does, gave ${show(solution)}`,
        );
      return solver.init({ ...problem, start: { order } }, forSolver);
    },
  };
}
