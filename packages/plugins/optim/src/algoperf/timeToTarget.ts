import { check, checkOptions, checkRequired, finite, oneOf, show, type Rule } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';

/**
 * What was measured at one moment of a trial: `step`, `score` (the time that counts, see `runTrial`) and the workload's
 * metrics, by name.
 */
export type Evaluation = Readonly<Record<string, number>>;

/** A value that a metric is to reach. */
export interface Goal {
  /** The metric's name among an evaluation's numbers, such as `validation/error`. */
  readonly metric: string;
  readonly target: number;
  /** `min` is reached at metric <= target, `max` at metric >= target. NaN reaches nothing. */
  readonly mode: 'min' | 'max';
}

export interface TimeToTargetOptions extends Goal {
  /** Which of an evaluation's numbers is its time. Default `score`; `step` gives steps to the target. */
  readonly timeKey?: string;
}

/** How soon one trial reached what it was to reach. Infinity stands for never. */
export interface TrialTime {
  /** Time to the target on the validation split. */
  readonly validation: number;
  /** Time to the target on the test split; the rules of the paper score it. */
  readonly test?: number;
  /** Which evaluation reached the validation target, from 0: what the official scorer compares trials by. */
  readonly index?: number;
}

const text: Rule = {
  words: 'a name',
  holds: (value) => typeof value === 'string' && value !== '',
};
const goalRules = { metric: text, target: finite, mode: oneOf('min', 'max') };

/**
 * Time of the first evaluation that reached a target; Infinity where none did. NaN never reaches a target.
 *
 * ```ts
 * timeToTarget(evaluations, { metric: 'validation/error', target: 0.03, mode: 'min' });
 * ```
 *
 * Source: Dahl et al. 2023 (arXiv:2306.07179), section 4.2.
 *
 * @throws ArgumentError for evaluations without such a metric or time
 */
export function timeToTarget(evaluations: readonly Evaluation[], options: TimeToTargetOptions): number {
  const owner = 'timeToTarget';
  checkOptions(owner, options, { ...goalRules, timeKey: text });
  checkRequired(owner, options, ['metric', 'target', 'mode']);
  const first = evaluations[firstReaching(owner, evaluations, options)];
  return first === undefined ? Infinity : valueOf(owner, first, options.timeKey ?? 'score');
}

/**
 * One trial's times to the validation target and, where it has one, to the test target: what `workloadTime` takes.
 *
 * @throws ArgumentError for evaluations without such metrics or times
 */
export function trialTime(
  evaluations: readonly Evaluation[],
  goals: { readonly validation: Goal; readonly test?: Goal; readonly timeKey?: string },
): TrialTime {
  const timeKey = goals.timeKey === undefined ? {} : { timeKey: goals.timeKey };
  const index = firstReaching('trialTime', evaluations, goals.validation);
  return {
    validation: timeToTarget(evaluations, { ...goals.validation, ...timeKey }),
    ...(goals.test === undefined ? {} : { test: timeToTarget(evaluations, { ...goals.test, ...timeKey }) }),
    ...(index < 0 ? {} : { index }),
  };
}

/** Whether a value of the goal's metric reaches its target. */
export function reaches({ target, mode }: Pick<Goal, 'target' | 'mode'>, value: number): boolean {
  return mode === 'min' ? value <= target : value >= target;
}

/** Index of the first evaluation that reached a goal, or -1. */
function firstReaching(owner: string, evaluations: readonly Evaluation[], goal: Goal): number {
  return evaluations.findIndex((one) => reaches(goal, valueOf(owner, one, goal.metric)));
}

function valueOf(owner: string, evaluation: Evaluation, name: string): number {
  const value = evaluation[name];
  if (typeof value === 'number') return value;
  throw new ArgumentError(
    `${owner}: an evaluation has no number ${name}; it has ${Object.keys(evaluation).join(', ') || 'none'}` +
      (value === undefined ? '' : ` (${name} is ${show(value)})`),
  );
}

/** @throws ArgumentError for a goal that is none */
export function checkGoal(owner: string, goal: Goal): void {
  for (const [name, rule] of Object.entries(goalRules)) check(owner, name, goal[name as keyof Goal], rule); // its keys
}
