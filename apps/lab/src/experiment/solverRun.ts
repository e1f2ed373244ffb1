import type { Chosen, LoadedExperiment, Scores } from '@core/registry';
import { TrellisError, random, type Tree } from '@core/tensor';
import { messageOf } from '../errors.js';
import { progressOf, type Entry } from './progress.js';
import type { SolverSteps } from './recipe.js';

export type SolverStatus = 'finished' | 'diverged' | 'stopped' | 'failed';

/** What became of a solver: plain data. */
export interface SolverRecord {
  readonly name: string;
  /** Component id. */
  readonly use: string;
  readonly status: SolverStatus;
  /** Why it did not finish. */
  readonly reason?: string;
  readonly steps: number;
  /** Seconds of its steps, compiling and measuring included. */
  readonly seconds: number;
  /** `step`, `seconds` and its measures. */
  readonly history: readonly Entry[];
  /** Empty where there is no solution to judge. */
  readonly scores: Scores;
}

/** A solver that has been run, or was stopped on its way. */
export interface SolverResult {
  readonly record: SolverRecord;
  /** Absent where it failed. */
  readonly state?: Tree;
  readonly solution?: Tree;
}

/** A solver's run, as far as it came before. */
export interface Before {
  readonly record: SolverRecord;
  readonly state: Tree;
}

export interface SolverRunOptions {
  readonly chosen: Chosen<'solver'>;
  readonly experiment: LoadedExperiment;
  /** The scores that were announced. */
  readonly scores: readonly string[];
  readonly steps: SolverSteps;
  readonly seed: number;
  /** Makes the state to go on from, for a state as the solver makes it. */
  readonly before?: (like: Tree) => Promise<Before | undefined>;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly pause: () => Promise<void>;
  readonly onProgress: (steps: number) => void;
  /** After every entry, to keep what there is. */
  readonly keep: (before: Before) => Promise<void>;
}

/** Runs one solver and judges what it found. What it refuses makes a failed solver, not a failed experiment. */
export async function runSolver(options: SolverRunOptions): Promise<SolverResult> {
  const { chosen, experiment, steps, now, signal } = options;
  const history: Entry[] = [];
  let [taken, spent, from] = [0, 0, now()];
  const seconds = (): number => Number((spent + (now() - from) / 1000).toFixed(4));
  const record = (status: SolverStatus, scores: Scores = {}, reason?: string): SolverRecord => ({
    name: chosen.name,
    use: chosen.id,
    status,
    ...(reason === undefined ? {} : { reason }),
    steps: taken,
    seconds: spent,
    history,
    scores,
  });
  try {
    const solver = await chosen.create();
    const key = random.foldIn(random.key(options.seed), 1);
    const before = await options.before?.(solver.init(experiment.problem, key));
    if (before !== undefined) {
      history.push(...before.record.history);
      [taken, spent] = [before.record.steps, before.record.seconds];
    }
    let state: Tree | undefined;
    from = now();
    const start = before === undefined ? {} : { from: { state: before.state, steps: taken } };
    for (const progress of progressOf(solver, experiment.problem, { ...steps, key, ...start })) {
      ({ state, steps: taken } = progress);
      history.push(...progress.entries.map((entry) => ({ ...entry, seconds: seconds() })));
      [spent, from] = [seconds(), now()];
      options.onProgress(taken);
      const trouble = troubleIn(progress.entries);
      if (trouble !== undefined) return { record: record('diverged', {}, trouble), state };
      await options.keep({ record: record('stopped'), state });
      await options.pause();
      if (signal.aborted)
        return { record: record('stopped', {}, `after ${taken} of ${steps.steps} steps`), state };
      from = now();
    }
    if (state === undefined) throw new Error(`${chosen.id} made no state`);
    const solution = solver.solution(experiment.problem, state);
    const scores = scoresFrom(options, await experiment.evaluate(solution));
    return { record: record('finished', scores), state, solution };
  } catch (thrown) {
    if (!(thrown instanceof TrellisError)) throw thrown;
    return { record: record('failed', {}, messageOf(thrown)) };
  }
}

/** The announced scores, in their order. */
function scoresFrom({ scores }: SolverRunOptions, given: Scores): Scores {
  return Object.fromEntries(scores.map((name) => [name, given[name] ?? NaN]));
}

/** What in an entry is no number. */
function troubleIn(entries: readonly Entry[]): string | undefined {
  for (const entry of entries)
    for (const [name, value] of Object.entries(entry))
      if (!Number.isFinite(value)) return `${name} became ${value} after ${entry['step'] ?? 0} steps`;
  return undefined;
}
