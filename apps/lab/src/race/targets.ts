import type { Registry } from '@core/registry';
import { haltonSearch } from '@plugins/optim';
import { LabError } from '../errors.js';
import { createPause } from '../run/trial.js';
import { firstPrimes, type PlannedSubmission, type PlannedWorkload, type RacePlan } from './plan.js';
import { runRaceTrial, seedOf, type TrialRecord } from './trial.js';
import { loadWorkload, type LoadedWorkload } from './workload.js';

export interface TargetsOptions {
  readonly registry: Registry;
  readonly plan: RacePlan;
  /** Points of each submission's search. */
  readonly points: number;
  /** Runs of the best of all points, with other seeds. */
  readonly reruns: number;
  /** Names of the submissions that set targets. */
  readonly submissions: readonly string[];
  readonly signal: AbortSignal;
  readonly now?: () => number;
  /** Is told of each workload's target. */
  readonly found?: (target: MeasuredTarget) => void;
}

export interface MeasuredTarget {
  readonly workload: string;
  readonly variantOf?: string;
  readonly metric: string;
  readonly goal: 'min' | 'max';
  /** Median over the reruns of the best value of each. */
  readonly target: number;
  /** Those best values, sorted. */
  readonly reruns: readonly number[];
  readonly submission: string;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
}

/** Share of the allowed steps that the runs that set a target take: the rules allow 4/3 of what those took. */
const share = 0.75;

/**
 * Measures what targets a race's workloads should have, as the rules of AlgoPerf do: search with each submission, run the best
 * of all points again with other seeds, and take the median of the best validation values.
 *
 * @throws LabError `RUN` for submissions that there are not, or without a search
 */
export async function measureTargets(options: TargetsOptions): Promise<readonly MeasuredTarget[]> {
  const { plan, signal, now = () => performance.now() } = options;
  const submissions = options.submissions.map((name) => searched(plan, name, options.points));
  const pause = createPause(now);
  const targets: MeasuredTarget[] = [];
  for (const planned of plan.workloads) {
    if (signal.aborted) break;
    const loaded = await loadWorkload(planned, plan.settings, pause);
    try {
      const target = await targetOf(options, loaded, submissions, now, pause);
      if (target === undefined) break;
      targets.push(target);
      options.found?.(target);
    } finally {
      loaded.dispose();
    }
  }
  return targets;
}

/** A submission with a study of so many points. */
function searched({ submissions, settings }: RacePlan, name: string, points: number): PlannedSubmission {
  const found = submissions.find((one) => one.name === name);
  if (found?.search === undefined)
    throw new LabError(
      'RUN',
      `${name} is no submission with a search, which targets need; there are ${submissions
        .filter(({ search }) => search !== undefined)
        .map((one) => one.name)
        .join(', ')}`,
    );
  const bases = firstPrimes(Object.keys(found.search).length);
  return { ...found, points: [haltonSearch(found.search, points, settings.seed, { bases })] };
}

interface Candidate {
  readonly submission: PlannedSubmission;
  readonly trial: number;
  readonly value: number;
}

async function targetOf(
  { registry, plan, reruns, signal }: TargetsOptions,
  loaded: LoadedWorkload,
  submissions: readonly PlannedSubmission[],
  now: () => number,
  pause: () => Promise<void>,
): Promise<MeasuredTarget | undefined> {
  const { planned, lead } = loaded;
  const sign = lead.goal === 'min' ? 1 : -1;
  const seed = (study: number): number => seedOf(plan.settings.seed, { study, trial: 0 });
  const run = async (submission: PlannedSubmission, trial: number, study: number): Promise<number> => {
    const record = await runRaceTrial({
      ...{ registry, loaded, submission, signal, now, pause },
      id: { workload: planned.name, submission: submission.name, study: 0, trial },
      seed: seed(study),
      stopAtTarget: false,
      maxSteps: Math.ceil(share * planned.maxSteps),
    });
    return bestValue(record, lead.name, sign);
  };
  let best: Candidate | undefined;
  for (const submission of submissions) {
    for (const trial of (submission.points[0] ?? []).keys()) {
      if (signal.aborted) return undefined;
      const value = await run(submission, trial, 0);
      if (best === undefined || sign * value < sign * best.value) best = { submission, trial, value };
    }
  }
  if (best === undefined || !Number.isFinite(best.value)) {
    throw new LabError(
      'RUN',
      `${planned.name}: no trial measured ${lead.name}; give it more steps, or other rates`,
    );
  }
  const values: number[] = [];
  for (let study = 1; study <= reruns; study++) {
    if (signal.aborted) return undefined;
    values.push(await run(best.submission, best.trial, study));
  }
  values.sort((a, b) => sign * (a - b));
  return {
    workload: planned.name,
    ...variantOf(planned),
    metric: lead.name,
    goal: lead.goal,
    target: rounded(median(values), sign),
    reruns: values,
    submission: best.submission.name,
    hyperparameters: best.submission.points[0]?.[best.trial] ?? {},
  };
}

function variantOf({ variantOf: base }: PlannedWorkload): { variantOf?: string } {
  return base === undefined ? {} : { variantOf: base };
}

function bestValue({ evaluations }: TrialRecord, metric: string, sign: number): number {
  const values = evaluations.map((one) => one[metric] ?? NaN).filter((value) => !Number.isNaN(value));
  return sign * Math.min(Infinity, ...values.map((value) => sign * value));
}

function median(sorted: readonly number[]): number {
  const upper = sorted[sorted.length >> 1] ?? NaN;
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + upper) / 2;
}

/** Three digits, never harder than what was measured. */
function rounded(value: number, sign: number): number {
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value) || 1)) - 2);
  // A hair off, so that what three digits hold already is not rounded on.
  const steps = sign > 0 ? Math.ceil(value / unit - 1e-9) : Math.floor(value / unit + 1e-9);
  return Number((steps * unit).toPrecision(3));
}
