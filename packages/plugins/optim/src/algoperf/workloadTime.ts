import { checkOptions, checkRequired, oneOf, show } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import type { TrialTime } from './timeToTarget.js';

/** Who chooses hyperparameters: a search outside of the submission, or the submission itself. */
export type Ruleset = 'external' | 'self';

/** The rules as the paper has them, as the first competition had them, and as they are now. */
export type RulesVersion = 'paper2023' | 'v0.5' | 'v0.6';

export interface Rules {
  readonly studies: number;
  /** Points of the search that each study tries; 1 for self-tuning submissions. */
  readonly trials: number;
  /** Factor of a workload's maxRuntime. */
  readonly runtimeFactor: number;
  /** The split whose time to the target counts. Trials are chosen on `validation` in any case. */
  readonly scored: 'validation' | 'test';
  /** Whether a held-out variant of each workload has to be reached too. */
  readonly heldOutVariants: boolean;
}

/**
 * The numbers of the official rules, by version and ruleset.
 *
 * Source: Dahl et al. 2023 (arXiv:2306.07179), section 4; mlcommons/algorithmic-efficiency, docs/DOCUMENTATION.md.
 */
export const algoperfRules: Readonly<Record<RulesVersion, Readonly<Record<Ruleset, Rules>>>> = {
  paper2023: {
    external: rules(5, 20, 1, 'test', true),
    self: rules(5, 1, 3, 'test', true),
  },
  'v0.5': {
    external: rules(5, 5, 1, 'validation', true),
    self: rules(5, 1, 3, 'validation', true),
  },
  'v0.6': {
    external: rules(3, 5, 1, 'validation', false),
    self: rules(3, 1, 1.5, 'validation', false),
  },
};

function rules(
  studies: number,
  trials: number,
  runtimeFactor: number,
  scored: Rules['scored'],
  heldOutVariants: boolean,
): Rules {
  return { studies, trials, runtimeFactor, scored, heldOutVariants };
}

export interface WorkloadTimeOptions {
  readonly ruleset: Ruleset;
  /** Default `v0.6`. */
  readonly variant?: RulesVersion;
  /**
   * What makes a trial the fastest of its study: its time, as the rules say, or the number of evaluations before it, as the
   * official scorer has it; they differ where evaluations are not evenly spaced. Default `time`.
   */
  readonly fastestBy?: 'time' | 'index';
}

/** The trials of a study, by their times; a number is a time to the validation target. */
export type StudyTimes = readonly (number | TrialTime)[];

/**
 * The time of a submission on one workload: the median over studies of the fastest trial's time in each. Infinity takes
 * part in the median. A self-tuning submission has one run in each study, its first; further ones are not looked at.
 *
 * With `paper2023`, each study's trial is the one that was fastest to the validation target, and its time to the test
 * target is what counts.
 *
 * Studies may be fewer than the rules ask for (`algoperfRules`): small budgets are for you to choose. An even number of
 * studies has the mean of the middle two as its median.
 *
 * @throws ArgumentError for no studies, an empty one, a time that is NaN or negative, or one that is missing
 */
export function workloadTime(studies: readonly StudyTimes[], options: WorkloadTimeOptions): number {
  const owner = 'workloadTime';
  checkOptions(owner, options, {
    ruleset: oneOf('external', 'self'),
    variant: oneOf(...Object.keys(algoperfRules)),
    fastestBy: oneOf('time', 'index'),
  });
  checkRequired(owner, options, ['ruleset']);
  const { ruleset, variant = 'v0.6', fastestBy = 'time' } = options;
  if (!Array.isArray(studies) || studies.length === 0)
    throw new ArgumentError(
      `${owner}: studies must be a list of lists of times, with at least one, got ${show(studies)}`,
    );
  const { scored } = algoperfRules[variant][ruleset];
  const times = (studies as readonly StudyTimes[]).map((study, number) => {
    const trials = trialsOf(owner, study, number, scored, fastestBy);
    return (ruleset === 'self' ? trials[0]! : fastest(trials, fastestBy))[scored];
  });
  return median(times);
}

type Checked = Required<TrialTime>;

function trialsOf(
  owner: string,
  study: StudyTimes,
  number: number,
  scored: Rules['scored'],
  fastestBy: 'time' | 'index',
): readonly Checked[] {
  if (!Array.isArray(study) || study.length === 0)
    throw new ArgumentError(
      `${owner}: study ${number} must be a list of at least one trial, got ${show(study)}`,
    );
  return (study as StudyTimes).map((trial, at) => {
    const { validation, test, index } = typeof trial === 'number' ? { validation: trial } : trial;
    const need = (name: string, value: number | undefined): number => {
      if (typeof value === 'number' && value >= 0) return value;
      throw new ArgumentError(
        `${owner}: trial ${at} of study ${number} must have ${name} of at least 0, or Infinity; got ${show(value)}`,
      );
    };
    return {
      validation: need('a time', validation),
      test: scored === 'test' ? need('a time to the test target', test) : Infinity,
      index: validation === Infinity ? Infinity : fastestBy === 'index' ? need('an index', index) : 0,
    };
  });
}

/** The first among equals, as the official scorer takes it. */
function fastest(trials: readonly Checked[], by: 'time' | 'index'): Checked {
  const key = by === 'time' ? 'validation' : 'index';
  return trials.reduce((best, one) => (one[key] < best[key] ? one : best));
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)); // Infinity - Infinity is NaN
  const upper = sorted[sorted.length >> 1]!;
  const lower = sorted[(sorted.length - 1) >> 1]!;
  return lower === upper ? upper : (lower + upper) / 2;
}
