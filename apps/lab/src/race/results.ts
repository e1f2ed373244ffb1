import { scoreSubmissions, trialTime, workloadTime, type SubmissionTimes } from '@plugins/optim';
import type { RacePlan, PlannedSubmission } from './plan.js';
import type { TrialRecord } from './trial.js';

/** The deciding measure of each workload, known once it was loaded: by workload. */
export type Leads = ReadonlyMap<string, { readonly name: string; readonly goal: 'min' | 'max' }>;

export interface RacedWorkload {
  readonly name: string;
  readonly variantOf?: string;
  /** The deciding measure. */
  readonly metric: string;
  readonly goal: 'min' | 'max';
  readonly target: number;
  readonly maxSteps: number;
}

/** The trial that reached the target first, by the scored clock; without one, the one that came nearest. */
export interface BestTrial {
  readonly study: number;
  readonly trial: number;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly reached: boolean;
}

/** What came of a race: plain data. */
export interface RaceResults {
  readonly clock: 'steps' | 'seconds';
  readonly rMax: number;
  readonly workloads: readonly RacedWorkload[];
  readonly submissions: readonly string[];
  /** Base workloads of which all trials are done, of their variants too; only these are scored. */
  readonly scored: readonly string[];
  /** By submission and workload, variants included; absent where trials are missing. */
  readonly times: { readonly steps: SubmissionTimes; readonly seconds: SubmissionTimes };
  /** Best first. Empty while nothing can be scored. */
  readonly ranking: readonly string[];
  readonly ratios: SubmissionTimes;
  readonly scores: Readonly<Record<string, number>>;
  readonly speedups: Readonly<Record<string, number>>;
  /** Corners of each profile's steps, from τ = 1 to rMax. */
  readonly profiles: Readonly<Record<string, readonly (readonly [tau: number, share: number])[]>>;
  readonly best: Readonly<Record<string, Readonly<Record<string, BestTrial>>>>;
}

/** Scores what has been run so far. */
export function raceResults(plan: RacePlan, records: readonly TrialRecord[], leads: Leads): RaceResults {
  const { settings } = plan;
  const { clock, rMax, reference } = settings;
  const workloads = plan.workloads.flatMap(({ name, variantOf, target, maxSteps }): RacedWorkload[] => {
    const lead = leads.get(name);
    if (lead === undefined) return [];
    const variant = variantOf === undefined ? {} : { variantOf };
    return [{ name, ...variant, metric: lead.name, goal: lead.goal, target, maxSteps }];
  });
  const cells = plan.submissions.map((submission) => ({
    name: submission.name,
    cells: workloads.map((workload) => cellOf(plan, submission, workload, records)),
  }));
  const table = <T>(pick: (cell: Cell) => T): Record<string, Record<string, T>> =>
    Object.fromEntries(
      cells.map(({ name, cells: row }) => [
        name,
        Object.fromEntries(row.flatMap((cell) => (cell === undefined ? [] : [[cell.workload, pick(cell)]]))),
      ]),
    );
  const times = { steps: table(({ steps }) => steps), seconds: table(({ seconds }) => seconds) };
  const variants = Object.fromEntries(
    plan.workloads.flatMap(({ name, variantOf }) =>
      variantOf === undefined ? [] : [[variantOf, name] as const],
    ),
  );
  const done = (workload: string): boolean =>
    cells.every(({ name }) => times.steps[name]?.[workload] !== undefined);
  const scored = plan.workloads
    .filter(({ name, variantOf }) => variantOf === undefined && done(name) && done(variants[name] ?? name))
    .map(({ name }) => name);
  const common = {
    clock,
    rMax,
    workloads,
    submissions: plan.submissions.map(({ name }) => name),
    scored,
    times,
    best: table(({ best }) => best),
  };
  if (scored.length === 0)
    return { ...common, ranking: [], ratios: {}, scores: {}, speedups: {}, profiles: {} };

  const held = Object.fromEntries(Object.entries(variants).filter(([base]) => scored.includes(base)));
  const scoredTimes = times[clock];
  const { ratios, scores, speedupGeoMean, profile } = scoreSubmissions(scoredTimes, {
    rMax,
    workloads: scored,
    variants: held,
    ...(reference === undefined ? {} : { reference }),
  });
  const profiles = Object.fromEntries(
    Object.entries(ratios).map(([name, row]) => {
      const corners = [
        1,
        ...Object.values(row)
          .filter((r) => r > 1 && r < rMax)
          .sort((a, b) => a - b),
        rMax,
      ];
      return [name, [...new Set(corners)].map((tau) => [tau, profile(tau)[name] ?? 0] as const)];
    }),
  );
  const ranking = [...common.submissions].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  return { ...common, ranking, ratios, scores, speedups: speedupGeoMean, profiles };
}

interface Cell {
  readonly workload: string;
  readonly steps: number;
  readonly seconds: number;
  readonly best: BestTrial;
}

/** A submission's times on a workload, once all its trials are there. */
function cellOf(
  { settings }: RacePlan,
  { name, points }: PlannedSubmission,
  { name: workload, metric, goal, target }: RacedWorkload,
  records: readonly TrialRecord[],
): Cell | undefined {
  const own = records.filter((one) => one.workload === workload && one.submission === name);
  const studies = points.map((trials, study) =>
    trials.flatMap((_, trial) => own.filter((one) => one.study === study && one.trial === trial)),
  );
  if (studies.some((trials, study) => trials.length < (points[study]?.length ?? 0))) return undefined;
  const validation = { metric, target, mode: goal };
  const timeOf = (one: TrialRecord, timeKey: string): number =>
    trialTime(one.evaluations, { validation, timeKey }).validation;
  const time = (timeKey: string): number =>
    workloadTime(
      studies.map((trials) => trials.map((one) => timeOf(one, timeKey))),
      { ruleset: settings.ruleset },
    );
  const key = settings.clock === 'steps' ? 'step' : 'seconds';
  const sign = goal === 'min' ? 1 : -1;
  const nearest = ({ evaluations }: TrialRecord): number =>
    Math.min(
      Infinity,
      ...evaluations.map((one) => sign * (one[metric] ?? NaN)).filter((value) => !Number.isNaN(value)),
    );
  const order = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
  const [first] = studies
    .flat()
    .sort((a, b) => order(timeOf(a, key), timeOf(b, key)) || order(nearest(a), nearest(b)));
  if (first === undefined) return undefined;
  const { study, trial, hyperparameters } = first;
  return {
    workload,
    steps: time('step'),
    seconds: time('seconds'),
    best: { study, trial, hyperparameters, reached: timeOf(first, key) < Infinity },
  };
}

/**
 * What of a race is the same every time on the clock of steps, as text: with the same seed, the same bytes. Infinity, a target
 * that was not reached, is null.
 */
export function scoresJson({ settings }: RacePlan, results: RaceResults): string {
  const { clock, rMax, workloads, scored, times, ranking, ratios, scores, speedups, profiles, best } =
    results;
  const { seed, ruleset, studies, trials, reference } = settings;
  const shown = {
    ...{ clock, seed, ruleset, studies, trials, rMax, reference },
    workloads,
    scored,
    ranking,
    scores,
    speedups,
    times: times[clock],
    ratios,
    profiles,
    best,
  };
  return `${JSON.stringify(shown, null, 2)}\n`;
}
