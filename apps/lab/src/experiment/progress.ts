import type { Solver } from '@core/registry';
import { solving, type IterativeSolver } from '@core/registry/solve';
import type { Tensor, Tree } from '@core/tensor';

/** Steps taken, and each measure as a number. */
export type Entry = Readonly<Record<string, number>>;

/** What a solver has come to. */
export interface SolverProgress {
  readonly state: Tree;
  readonly steps: number;
  readonly entries: readonly Entry[];
  /** Whether the solver says that nothing is left to do. */
  readonly finished: boolean;
}

export interface ProgressOptions {
  readonly steps: number;
  readonly every: number;
  readonly key: Tensor;
  /** To go on from, after so many steps. */
  readonly from?: { readonly state: Tree; readonly steps: number };
}

/** A solver's steps, compiled where it can be, with a look at it every so many. */
export function* progressOf(
  solver: Solver,
  problem: unknown,
  options: ProgressOptions,
): Generator<SolverProgress, void> {
  const done = options.from?.steps ?? 0;
  if (options.from !== undefined && done >= options.steps) {
    yield { state: options.from.state, steps: done, entries: [], finished: true };
    return;
  }
  if (isTraced(solver)) {
    const { key, every, from } = options;
    const rest = {
      key,
      every,
      steps: options.steps - done,
      ...(from === undefined ? {} : { from: from.state }),
    };
    for (const { state, steps, entries } of solving(solver, problem, rest)) {
      const counted = entries.map((entry) => ({ ...entry, step: (entry['step'] ?? 0) + done }));
      // The entry at which a solve was left is among its curves already.
      yield { state, steps: steps + done, entries: steps === 0 && done > 0 ? [] : counted, finished: false };
    }
    return;
  }
  yield* search(solver, problem, options);
}

function isTraced(solver: Solver): solver is IterativeSolver<unknown, Tree, Tree, string> {
  return solver.measure !== undefined;
}

/** Steps that look at values, one by one. */
function* search(
  solver: Solver,
  problem: unknown,
  { steps, every, key, from }: ProgressOptions,
): Generator<SolverProgress, void> {
  let state = from?.state ?? solver.init(problem, key);
  let finished = solver.finished?.(problem, state) ?? false;
  yield { state, steps: from?.steps ?? 0, entries: [], finished };
  for (let step = (from?.steps ?? 0) + 1; step <= steps && !finished; step++) {
    const next = solver.step(problem, state);
    state = next.state;
    finished = solver.finished?.(problem, state) ?? false;
    if (step % every !== 0 && step !== steps && !finished) continue;
    yield { state, steps: step, entries: [{ step, ...numbersOf(next.measures) }], finished };
  }
}

function numbersOf(measures: Readonly<Record<string, Tensor | number>>): Entry {
  return Object.fromEntries(
    Object.entries(measures).map(([name, value]) => [
      name,
      typeof value === 'number' ? value : Number(value.item()),
    ]),
  );
}
