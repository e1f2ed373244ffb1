import {
  check,
  checkOptions,
  checkRequired,
  finite,
  show,
  wholeNumber,
  type Rule,
} from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import type { Schedule } from '../types.js';
import { checkCount, mathFor, since } from './arithmetic.js';
import { constant } from './constant.js';
import { checkBoundaries } from './piecewise.js';
import { linear } from './polynomial.js';

export interface JoinOptions {
  /** One more than boundaries; a number stands for a constant. */
  readonly schedules: readonly (Schedule | number)[];
  /** Steps at which the next schedule takes over, ascending, whole numbers greater than 0. */
  readonly boundaries: readonly number[];
}

const scheduleOrNumber: Rule = {
  words: 'a schedule or a finite number',
  holds: (value) => typeof value === 'function' || (typeof value === 'number' && Number.isFinite(value)),
};

function asSchedule(owner: string, name: string, value: Schedule | number): Schedule {
  check(owner, name, value, scheduleOrNumber);
  return typeof value === 'number' ? constant(value) : value;
}

/**
 * Schedules one after the other; each counts from 0 when its turn comes.
 *
 * @throws ArgumentError for boundaries that do not ascend, or are not one less than the schedules
 */
export function join(options: JoinOptions): Schedule {
  const owner = 'join';
  const lists: Rule = { words: 'a list', holds: Array.isArray };
  checkOptions(owner, options, { schedules: lists, boundaries: lists });
  checkRequired(owner, options, ['schedules', 'boundaries']);
  const { boundaries } = options;
  const schedules = options.schedules.map((one, i) => asSchedule(owner, `schedules[${i}]`, one));
  boundaries.forEach((boundary, i) => {
    check(owner, `boundaries[${i}]`, boundary, wholeNumber);
  });
  checkBoundaries(owner, boundaries);
  if (schedules.length !== boundaries.length + 1)
    throw new ArgumentError(
      `${owner}: ${boundaries.length} boundaries join ${boundaries.length + 1} schedules, got ${schedules.length} (${show(boundaries)})`,
    );
  return (count) => {
    checkCount(owner, count);
    const values = schedules.map((one, i) => one(since(count, boundaries[i - 1] ?? 0)));
    const math = mathFor(count, ...values);
    return boundaries.reduceRight<ReturnType<Schedule>>(
      (later, boundary, i) => math.below(count, boundary, values[i] ?? later, later),
      values[boundaries.length] ?? 0,
    );
  };
}

export interface WarmupOptions {
  /** Steps until the schedule begins, whole number of at least 0. */
  readonly steps: number;
  /** Value at step 0. Default 0. */
  readonly from?: number;
}

/**
 * A straight line to the schedule's first value, then the schedule, which counts from 0 after the warm-up:
 *
 *     from + (schedule(0) - from) · t / steps   for t < steps,   then schedule(t - steps)
 */
export function warmup(after: Schedule | number, options: WarmupOptions): Schedule {
  const owner = 'warmup';
  const main = asSchedule(owner, 'schedule', after);
  checkOptions(owner, options, { steps: wholeNumber, from: finite });
  checkRequired(owner, options, ['steps']);
  const { steps, from = 0 } = options;
  if (steps === 0) return main;
  const share = linear({ from: 0, to: 1, steps });
  return (count) => {
    checkCount(owner, count);
    const first = main(typeof count === 'number' ? 0 : count.mul(0));
    const later = main(since(count, steps));
    const math = mathFor(count, first, later);
    const rising = math.add(math.mul(share(count), math.sub(first, from)), from);
    return math.below(count, steps, rising, later);
  };
}
