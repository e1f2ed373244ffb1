import { atLeastOne, checkOptions } from '@core/registry/checks';
import { Tensor, random } from '@core/tensor';
import type { StructureProblem, StructureSolution, StructureSolver } from './problem.js';

export interface LearnStructureOptions<State> {
  /** The most rounds. Default 1000. */
  readonly rounds?: number;
  /** The key of a random start. Default `random.key(0)`. */
  readonly key?: Tensor;
  /** A state to go on from, in place of `solver.init`. */
  readonly from?: State;
}

export interface LearnStructureResult<State, Measure extends string> {
  readonly solution: StructureSolution;
  /** The last state; `from: state` goes on from it. */
  readonly state: State;
  /** Whether the solver ended by itself. */
  readonly finished: boolean;
  /** What each round measured. */
  readonly history: readonly Readonly<Record<Measure, number>>[];
  readonly seconds: number;
}

/**
 * Runs a solver for graphs until it has nothing left to do.
 *
 * @throws ArgumentError for options, and whatever the solver says of the problem
 */
export function learnStructure<State, Measure extends string>(
  solver: StructureSolver<State, Measure>,
  problem: StructureProblem,
  options: LearnStructureOptions<State> = {},
): LearnStructureResult<State, Measure> {
  checkOptions('learnStructure', options, {
    rounds: atLeastOne,
    key: { words: 'a random key', holds: (value) => value instanceof Tensor },
    from: { words: 'a state', holds: (value) => typeof value === 'object' && value !== null },
  });
  const { rounds = 1000, key = random.key(0), from } = options;
  const began = performance.now();
  let state = from ?? solver.init(problem, key);
  const history: Readonly<Record<Measure, number>>[] = [];
  while (history.length < rounds && !solver.finished(problem, state)) {
    const next = solver.step(problem, state);
    state = next.state;
    history.push(next.measures);
  }
  return {
    solution: solver.solution(problem, state),
    state,
    finished: solver.finished(problem, state),
    history,
    seconds: (performance.now() - began) / 1000,
  };
}
