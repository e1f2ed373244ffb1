import { check, checkOptions, finite, oneOf, show, type Rule } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';

/** Times to the target by submission and then by workload. Infinity: not reached. A workload that is missing: not reached. */
export type SubmissionTimes = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface ScoreOptions {
  /** τ up to which profiles are integrated; whoever takes longer than so many times the best gets nothing. Default 4. */
  readonly rMax?: number;
  /** Submission whose times are the ratios' denominators. Default: the best on each workload. */
  readonly reference?: string;
  /** Held-out variants: the name of a workload's variant in `times`, by the workload's name. Default none. */
  readonly variants?: Readonly<Record<string, string>>;
  /** The base workloads. Default: all in `times` but the variants. */
  readonly workloads?: readonly string[];
  /** The integral of the profile: exact, or by the trapezoid rule on `points` values of τ as in the official code. Default `exact`. */
  readonly integration?: 'exact' | 'trapezoid';
  /** For `trapezoid`. At least 2. Default 100. */
  readonly points?: number;
  /**
   * For `speedupGeoMean`: the largest time that was allowed on each workload. As in the official code, a target that was not
   * reached counts there as this time and 1 more. Default: as Infinity.
   */
  readonly maxRuntimes?: Readonly<Record<string, number>>;
}

export interface SubmissionScores {
  /** r(s, w), by submission and base workload: time over the best time (or the reference's). Infinity: no credit. */
  readonly ratios: SubmissionTimes;
  /** ρ(τ) of each submission: the share of the base workloads whose ratio is at most τ. */
  readonly profile: (tau: number) => Readonly<Record<string, number>>;
  /** The integral of ρ from 1 to rMax over rMax - 1, in [0, 1], of each submission. */
  readonly scores: Readonly<Record<string, number>>;
  /** Geometric mean over base workloads of the reference's (or the best) time over the submission's; 0 where one was not reached. */
  readonly speedupGeoMean: Readonly<Record<string, number>>;
}

const above1: Rule = {
  words: 'a finite number greater than 1',
  holds: (value) => typeof value === 'number' && value > 1 && Number.isFinite(value),
};
const record: Rule = {
  words: 'an object by name',
  holds: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/**
 * Scores of training algorithms that were run on the same workloads, by performance profiles.
 *
 *     r(s, w) = t(s, w) / min over s' of t(s', w)
 *     ρ(s, τ) = #{ w: r(s, w) <= τ } / n
 *     B(s)    = 1 / (rMax - 1) ∫ ρ(s, τ) dτ from 1 to rMax = 1/n Σ_w max(0, rMax - max(1, r(s, w))) / (rMax - 1)
 *
 * n counts all base workloads, those too that nobody reached, which give credit to nobody. With `variants`, and in this order:
 * a variant's time counts only where the base workload was reached; any time beyond rMax times the best of its column is none;
 * a base workload whose variant was not reached (or is missing, or NaN) is not reached.
 *
 * With a `reference` ratios may be below 1, which gives no more credit than 1 does; where the reference did not reach the
 * target, whoever did has the ratio 0.
 *
 * Scores depend on who is compared: never average scores of different sets of submissions.
 *
 * ```ts
 * const { scores } = scoreSubmissions({ adamw: { digits: 120, text: 900 }, sgd: { digits: 100, text: Infinity } });
 * ```
 *
 * Source: Dahl et al. 2023 (arXiv:2306.07179), section 4.2; mlcommons/algorithmic-efficiency, scoring/performance_profile.py.
 * There the profile is integrated by the trapezoid rule, which for steps is off by up to half a cell for each workload.
 *
 * @throws ArgumentError
 */
export function scoreSubmissions(times: SubmissionTimes, options: ScoreOptions = {}): SubmissionScores {
  const owner = 'scoreSubmissions';
  checkOptions(owner, options, {
    rMax: above1,
    reference: {
      words: 'the name of a submission',
      holds: (name) => typeof name === 'string' && Object.hasOwn(times, name),
    },
    variants: record,
    workloads: {
      words: 'a list of at least one name, each once',
      holds: (names) => Array.isArray(names) && names.length > 0 && new Set(names).size === names.length,
    },
    integration: oneOf('exact', 'trapezoid'),
    points: {
      words: 'a whole number of at least 2',
      holds: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 2,
    },
    maxRuntimes: record,
  });
  const { rMax = 4, variants = {}, integration = 'exact', points = 100 } = options;
  checkTimes(owner, times, Object.values(variants));
  const names = Object.keys(times);
  const workloads = options.workloads ?? baseWorkloads(times, variants);
  for (const [base, variant] of Object.entries(variants)) {
    if (!workloads.includes(base) || workloads.includes(variant))
      throw new ArgumentError(
        `${owner}: variants must name a variant for a base workload; there is ${base}: ${show(variant)}, ` +
          `and the base workloads are ${workloads.join(', ')}`,
      );
  }

  const counted = columns(times, names, workloads, variants, rMax);
  const ratios = Object.fromEntries(
    names.map((name, s) => {
      const row = workloads.map((workload, w) => {
        const column = counted[w]!;
        const reference = options.reference === undefined ? undefined : names.indexOf(options.reference);
        const denominator = reference === undefined ? Math.min(...column) : column[reference]!;
        return [workload, ratio(column[s]!, denominator)] as const;
      });
      return [name, Object.fromEntries(row)];
    }),
  );
  const share = (row: readonly number[], tau: number): number =>
    row.filter((r) => r <= tau).length / workloads.length;
  const each = <T>(f: (row: readonly number[], name: string) => T): Record<string, T> =>
    Object.fromEntries(names.map((name) => [name, f(Object.values(ratios[name]!), name)]));
  return {
    ratios,
    profile: (tau) => {
      check(owner, 'tau', tau, finite);
      return each((row) => share(row, tau));
    },
    scores: each((row) =>
      integration === 'exact'
        ? row.reduce((sum, r) => sum + Math.max(0, rMax - Math.max(1, r)), 0) / (rMax - 1) / workloads.length
        : trapezoid((tau) => share(row, tau), rMax, points),
    ),
    speedupGeoMean: each((_, name) => speedup(times, name, workloads, options)),
  };
}

function checkTimes(owner: string, times: SubmissionTimes, variants: readonly string[]): void {
  if (!record.holds(times) || Object.keys(times).length === 0)
    throw new ArgumentError(
      `${owner}: times must be objects of times by workload, by submission; got ${record.holds(times) ? 'no submission' : show(times)}`,
    );
  for (const [name, row] of Object.entries(times)) {
    if (!record.holds(row))
      throw new ArgumentError(
        `${owner}: times of ${name} must be an object of times by workload, got ${show(row)}`,
      );
    for (const [workload, time] of Object.entries(row)) {
      // A variant that was not run may be NaN; it then counts as not reached.
      if (typeof time !== 'number' || !(time > 0 || (Number.isNaN(time) && variants.includes(workload))))
        throw new ArgumentError(
          `${owner}: the time of ${name} on ${workload} must be greater than 0, or Infinity; got ${show(time)}`,
        );
    }
  }
}

function baseWorkloads(
  times: SubmissionTimes,
  variants: Readonly<Record<string, string>>,
): readonly string[] {
  const held = new Set(Object.values(variants));
  const all = new Set(Object.values(times).flatMap((row) => Object.keys(row)));
  const base = [...all].filter((name) => !held.has(name));
  if (base.length > 0) return base;
  throw new ArgumentError('scoreSubmissions: times have no base workload');
}

/** The times that count, a column for each base workload with an entry for each submission. */
function columns(
  times: SubmissionTimes,
  names: readonly string[],
  workloads: readonly string[],
  variants: Readonly<Record<string, string>>,
  rMax: number,
): readonly (readonly number[])[] {
  const timeOf = (name: string, workload: string): number => {
    const time = times[name]?.[workload] ?? Infinity;
    return Number.isNaN(time) ? Infinity : time;
  };
  const near = (column: readonly number[]): readonly number[] => {
    const limit = rMax * Math.min(...column);
    return column.map((time) => (time > limit ? Infinity : time));
  };
  return workloads.map((workload) => {
    const base = names.map((name) => timeOf(name, workload));
    const variant = variants[workload];
    if (variant === undefined) return near(base);
    const held = near(base.map((time, s) => (Number.isFinite(time) ? timeOf(names[s]!, variant) : Infinity)));
    return near(base).map((time, s) => (Number.isFinite(held[s]) ? time : Infinity));
  });
}

function ratio(time: number, denominator: number): number {
  if (!Number.isFinite(time)) return Infinity;
  return Number.isFinite(denominator) ? time / denominator : 0;
}

function trapezoid(profile: (tau: number) => number, rMax: number, points: number): number {
  // Each value as linspace has it; the ends count half.
  const values = Array.from({ length: points }, (_, i) => profile(1 + ((rMax - 1) * i) / (points - 1)));
  const sum = values.reduce((total, value) => total + value, 0);
  return (sum - (values[0]! + values.at(-1)!) / 2) / (points - 1);
}

function speedup(
  times: SubmissionTimes,
  name: string,
  workloads: readonly string[],
  { reference, maxRuntimes = {} }: ScoreOptions,
): number {
  const timeOf = (submission: string, workload: string): number => {
    const time = times[submission]?.[workload] ?? Infinity;
    const most = maxRuntimes[workload];
    return Number.isFinite(time) || most === undefined ? time : most + 1;
  };
  const logs = workloads.flatMap((workload) => {
    const own = timeOf(name, workload);
    const theirs =
      reference === undefined
        ? Math.min(...Object.keys(times).map((one) => timeOf(one, workload)))
        : timeOf(reference, workload);
    // Neither reached it: nothing to compare.
    return own === Infinity && theirs === Infinity ? [] : [Math.log(theirs) - Math.log(own)];
  });
  return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
}
