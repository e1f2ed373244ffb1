import { checkOptions, checkRequired, finite, flag, positive, wholeNumber } from '@core/registry/checks';
import type { Schedule } from '../types.js';
import { schedule } from './arithmetic.js';

export interface ExponentialOptions {
  /** First value. */
  readonly from: number;
  /** Factor over `steps` steps; below 1 it decays. Greater than 0. */
  readonly rate: number;
  /** Steps for one factor. Greater than 0. Default 1. */
  readonly steps?: number;
  /** Only whole factors: a staircase of treads of `steps` steps. Default false. */
  readonly staircase?: boolean;
  /** Steps to wait at the first value. Default 0. */
  readonly delay?: number;
  /** A value that is not passed: the least when decaying, the largest when growing. Default none. */
  readonly bound?: number;
}

/**
 * from · rate^(t / steps), the exponent rounded down with staircase.
 *
 * Source: torch's ExponentialLR is steps 1, StepLR is staircase.
 */
export function exponential(options: ExponentialOptions): Schedule {
  checkOptions('exponential', options, {
    from: finite,
    rate: positive,
    steps: positive,
    staircase: flag,
    delay: wholeNumber,
    bound: finite,
  });
  checkRequired('exponential', options, ['from', 'rate']);
  const { from, rate, steps = 1, staircase = false, delay = 0, bound } = options;
  // Where the values grow, seen from 0 upwards, the bound is above them.
  const grows = rate > 1 === from > 0;
  return schedule('exponential', (count, math) => {
    const factors = math.div(math.max(math.sub(count, delay), 0), steps);
    const value = math.mul(math.pow(rate, staircase ? math.floor(factors) : factors), from);
    if (bound === undefined) return value;
    return grows ? math.min(value, bound) : math.max(value, bound);
  });
}
