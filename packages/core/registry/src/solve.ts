import { ArgumentError, ShapeError, Tensor, cond, full, jit, random, scan, where } from '@core/tensor';
import { atLeastOne, checkOptions, checkRequired, functionRule, show, type Rule } from './checks.js';
import type { Solver } from './kinds/solver.js';

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

export interface SolveOptions<State, Measure extends string> {
  /** The most steps to take. */
  readonly steps: number;
  /**
   * Steps between two entries of the history. An entry is `solver.measure`, for a finite sum a full evaluation that is not
   * counted among its oracle calls. Default 1.
   */
  readonly every?: number;
  /**
   * Ends the solve at the first entry for which it holds, the start included. It is traced: it takes scalar tensors and gives
   * a boolean one, such as `({ residual }) => residual.lessEqual(1e-6)`. Default never.
   */
  readonly until?: (measures: Readonly<Record<Measure, Tensor>>) => Tensor;
  /** The key of the solver's random choices. Default `random.key(0)`. */
  readonly key?: Tensor;
  /** A state to go on from, in place of `solver.init`. */
  readonly from?: State;
}

/** The steps taken so far, and each measure as a number (truth as 1 and 0). */
export type HistoryEntry<Measure extends string> = Readonly<Record<Measure | 'step', number>>;

export interface SolveResult<State, Solution, Measure extends string> {
  readonly solution: Solution;
  /** The last state; `from: state` goes on from it to the same bits. */
  readonly state: State;
  /** Steps taken. */
  readonly steps: number;
  /** Whether `until` ended it. */
  readonly finished: boolean;
  /** Seconds that it took, compiling included. */
  readonly seconds: number;
  /** The measures at the start, after every `every` steps, and at the end. */
  readonly history: readonly HistoryEntry<Measure>[];
}

/** What a solve has come to. */
export interface SolveProgress<State, Measure extends string> {
  readonly state: State;
  /** Steps taken so far. */
  readonly steps: number;
  /** Whether `until` ended it. */
  readonly finished: boolean;
  /** The entries since the last progress. */
  readonly entries: readonly HistoryEntry<Measure>[];
}

/**
 * Runs a solver in a compiled loop and records its measures.
 *
 * ```ts
 * const { solution, history } = solve(halpernCocoercive(), problem, {
 *   steps: 10_000,
 *   every: 100,
 *   until: ({ residual }) => residual.lessEqual(1e-3),
 * });
 * ```
 *
 * @throws ArgumentError for options that make no sense, ShapeError for an `until` that gives no scalar, and whatever the
 *   solver says of the problem
 */
export function solve<Problem, State, Solution, Measure extends string>(
  solver: IterativeSolver<Problem, State, Solution, Measure>,
  problem: Problem,
  options: SolveOptions<State, Measure>,
): SolveResult<State, Solution, Measure> {
  const began = performance.now();
  const history: HistoryEntry<Measure>[] = [];
  let last: SolveProgress<State, Measure> | undefined;
  for (const progress of solving(solver, problem, options, 64)) {
    history.push(...progress.entries);
    last = progress;
  }
  const { state, steps, finished } = last!; // there is progress at the start
  const solution = solver.solution(problem, state);
  return { solution, state, steps, finished, seconds: (performance.now() - began) / 1000, history };
}

/**
 * A solve that can be looked at while it goes on, and left: the same compiled loop, which comes back at the start and after every few
 * entries of the history.
 *
 * @param entriesAtOnce entries that one call of the loop makes. Default 1; more of them cost less
 */
export function* solving<Problem, State, Solution, Measure extends string>(
  solver: IterativeSolver<Problem, State, Solution, Measure>,
  problem: Problem,
  options: SolveOptions<State, Measure>,
  entriesAtOnce = 1,
): Generator<SolveProgress<State, Measure>, void> {
  const owner = 'solve';
  checkSolver(owner, solver);
  checkOptions(owner, options, optionRules);
  checkRequired(owner, options, ['steps']);
  const { steps, every = 1, until, key = random.key(0) } = options;

  const stops = (measures: Readonly<Record<Measure, Tensor>>): Tensor => {
    if (until === undefined) return full([], false, { dtype: 'bool' });
    const stop: unknown = until(measures);
    if (stop instanceof Tensor && stop.ndim === 0) return stop.cast('bool');
    throw new ShapeError(`${owner}: until must give a scalar tensor, gave ${show(stop)}`);
  };
  const measured = (state: State): { measures: Readonly<Record<Measure, Tensor>>; stop: Tensor } => {
    const measures = solver.measure(problem, state);
    return { measures, stop: stops(measures) };
  };

  type Carry = { readonly state: State; readonly left: Tensor };
  const stepOnce = (carry: Carry): Carry =>
    cond(
      carry.left.greater(0),
      ({ state, left }: Carry) => ({ state: solver.step(problem, state).state, left: left.sub(1) }),
      (same: Carry) => same,
      carry,
    );
  const repeated = (f: (carry: Carry) => Carry) => (from: Carry) =>
    scan((carry: Carry) => [f(carry), null] as const, from, null, { length: every })[0];
  // A branch costs more than a small step, so there is one for an entry; only a last entry that is cut short has one for a step.
  const whole = repeated(({ state, left }) => ({
    state: solver.step(problem, state).state,
    left: left.sub(1),
  }));
  const short = steps % every === 0 ? (same: Carry) => same : repeated(stepOnce);
  const between = (before: Carry): Carry =>
    every === 1 ? stepOnce(before) : cond(before.left.greaterEqual(every), whole, short, before);
  const entry = (before: Carry): [Carry, { measures: Readonly<Record<Measure, Tensor>>; stop: Tensor }] => {
    const after = between(before);
    // Past the end an entry is not read, and its measures need not be computed.
    const blank = (): ReturnType<typeof measured> => {
      const of = measuredAvals;
      return {
        measures: Object.fromEntries(
          Object.entries<Tensor>(of).map(([name, x]) => [name, full(x.shape, 0, { dtype: x.dtype })]),
        ) as Readonly<Record<Measure, Tensor>>, // the same names
        stop: full([], false, { dtype: 'bool' }),
      };
    };
    const result = cond(before.left.greater(0), measured, blank, after.state);
    return [{ state: after.state, left: where(result.stop, 0, after.left).cast('int32') }, result];
  };

  let state = options.from ?? solver.init(problem, key);
  const start = measured(state);
  const measuredAvals = start.measures;
  let finished = truth(start.stop);
  let taken = 0;
  yield { state, steps: taken, finished, entries: [numbersOf<Measure>(0, start.measures)] };
  const program = jit((carry: Carry) => scan((c: Carry) => entry(c), carry, null, { length: entriesAtOnce }));
  try {
    while (!finished && taken < steps) {
      const left = full([], steps - taken, { dtype: 'int32' });
      const [carry, recorded] = program({ state, left });
      state = carry.state;
      const columns = Object.entries<Tensor>(recorded.measures).map(
        ([name, x]) => [name, x.dataSync()] as const,
      );
      const stop = recorded.stop.dataSync();
      const entries: HistoryEntry<Measure>[] = [];
      for (let i = 0; i < entriesAtOnce && !finished && taken < steps; i++) {
        taken = Math.min(steps, taken + every);
        finished = Number(stop[i]) !== 0;
        const row = columns.map(([name, column]) => [name, Number(column[i])]);
        entries.push(Object.fromEntries([['step', taken], ...row]) as HistoryEntry<Measure>); // the measures' names
      }
      yield { state, steps: taken, finished, entries };
    }
  } finally {
    program.dispose();
  }
}

function numbersOf<M extends string>(
  step: number,
  measures: Readonly<Record<string, Tensor>>,
): HistoryEntry<M> {
  const row = Object.entries(measures).map(([name, x]) => [name, Number(x.dataSync()[0])]);
  return Object.fromEntries([['step', step], ...row]) as HistoryEntry<M>; // the measures' names
}

const optionRules: Readonly<Record<keyof SolveOptions<unknown, string>, Rule>> = {
  steps: atLeastOne,
  every: atLeastOne,
  until: functionRule,
  key: { words: 'a random key', holds: (value) => value instanceof Tensor },
  from: { words: 'a value', holds: () => true },
};

const truth = (x: Tensor): boolean => Number(x.dataSync()[0]) !== 0;

function checkSolver(owner: string, solver: unknown): void {
  const members = ['init', 'step', 'measure', 'solution'] as const;
  const record = (typeof solver === 'object' && solver !== null ? solver : {}) as Readonly<
    Record<string, unknown>
  >;
  const missing = members.filter((name) => typeof record[name] !== 'function');
  if (missing.length > 0)
    throw new ArgumentError(
      `${owner}: solver must be a solver such as halpernCocoercive() makes ({ ${members.join(', ')} }), got ${show(solver)}`,
    );
}
