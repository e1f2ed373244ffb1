import type { Registry } from '@core/registry';
import { TrellisError } from '@core/tensor';
import { runTrial, virtualClock, type Evaluation, type TrialEnd } from '@plugins/optim';
import { withBudget, withPoint } from './budget.js';
import type { PlannedSubmission } from './plan.js';
import { submissionOf } from './submission.js';
import type { LoadedWorkload } from './workload.js';

/** Which trial of a race: numbers count from 0. */
export interface TrialId {
  readonly workload: string;
  readonly submission: string;
  readonly study: number;
  readonly trial: number;
}

/** A trial as it is kept: plain data. */
export interface TrialRecord extends TrialId {
  readonly seed: number;
  /** The point of the search, by path. */
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly end: TrialEnd | 'diverged' | 'failed';
  /** Why it failed. */
  readonly reason?: string;
  readonly steps: number;
  /** Seconds of training, evaluations not counted. */
  readonly seconds: number;
  /** `step`, `seconds`, `loss` and the deciding metric. */
  readonly evaluations: readonly Evaluation[];
}

export interface RaceTrialOptions {
  readonly registry: Registry;
  readonly loaded: LoadedWorkload;
  readonly submission: PlannedSubmission;
  readonly id: TrialId;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly pause: () => Promise<void>;
  /** Whether to end at the target. Default `true`. */
  readonly stopAtTarget?: boolean;
  /** Default: the workload's. */
  readonly maxSteps?: number;
  readonly onStep?: (step: number, maxSteps: number) => void;
}

/** Runs a trial on the step clock, and notes seconds beside. What a component refuses makes a failed trial, not a failed race. */
export async function runRaceTrial(options: RaceTrialOptions): Promise<TrialRecord> {
  const { registry, loaded, submission, id, seed, signal, now, pause } = options;
  const { planned } = loaded;
  const { maxSteps = planned.allowedSteps } = options;
  const hyperparameters = submission.points[id.study]?.[id.trial] ?? {};
  const evaluations: Evaluation[] = [];
  const spec = withBudget(withPoint(submission.optimizer, hyperparameters), planned.maxSteps);
  let steps = 0;
  let run: ReturnType<typeof submissionOf> | undefined;
  const record = (end: TrialRecord['end'], reason?: string): TrialRecord => ({
    ...id,
    seed,
    hyperparameters,
    end,
    ...(reason === undefined ? {} : { reason }),
    steps,
    seconds: rounded(run?.seconds() ?? 0),
    evaluations,
  });
  try {
    const ready = await registry.prepare(spec, { kind: 'optimizer', path: `${submission.path}.optimizer` });
    const made = submissionOf(await ready.create(), loaded, now);
    run = made;
    const { end } = await runTrial(loaded.workload, made.submission, null, {
      clock: virtualClock(),
      maxSteps,
      seed,
      signal,
      stopAtTarget: options.stopAtTarget ?? true,
      onStep(step) {
        steps = step;
        options.onStep?.(step, maxSteps);
        return pause();
      },
      onEvaluation({ step = NaN, score: _, totalDuration: _total, evaluationTime: _evaluation, ...metrics }) {
        // An evaluation after the time was over does not count.
        if (made.seconds() <= planned.maxSeconds)
          evaluations.push({ step, seconds: rounded(made.seconds()), ...metrics });
      },
    });
    return record(
      made.stoppedBecause() === 'diverged'
        ? 'diverged'
        : made.stoppedBecause() === undefined
          ? end
          : 'timeout',
    );
  } catch (thrown) {
    if (!(thrown instanceof TrellisError)) throw thrown;
    return record('failed', thrown.message);
  } finally {
    run?.dispose();
  }
}

/** The seed of a trial: all submissions start from the same parameters and see the same batches in it. */
export function seedOf(seed: number, { study, trial }: Pick<TrialId, 'study' | 'trial'>): number {
  return (seed * 1_000_003 + study * 1009 + trial) % 2 ** 32;
}

/** Tenths of milliseconds. */
function rounded(seconds: number): number {
  return Number(seconds.toFixed(4));
}
