import {
  atLeastOne,
  checkOptions,
  checkRequired,
  finite,
  positive,
  wholeNumber,
} from '@core/registry/checks';
import type { Schedule } from '../types.js';
import { schedule } from './arithmetic.js';

export interface LinearOptions {
  /** First value. */
  readonly from: number;
  /** Last value. */
  readonly to: number;
  /** Steps on the way, at least 1. */
  readonly steps: number;
  /** Steps to wait at the first value. Default 0. */
  readonly delay?: number;
}

export interface PolynomialOptions extends Omit<LinearOptions, 'to'> {
  /** Last value. Default 0. */
  readonly to?: number;
  /** Exponent; 1 is a straight line, more is steeper at first. Greater than 0. Default 1. */
  readonly power?: number;
}

const rules = { from: finite, to: finite, steps: atLeastOne, delay: wholeNumber };

/** From one value to another in a straight line, then constant: from + (to - from) · min(t / steps, 1). */
export function linear(options: LinearOptions): Schedule {
  checkOptions('linear', options, rules);
  checkRequired('linear', options, ['from', 'to', 'steps']);
  return decay('linear', { ...options, power: 1 });
}

/**
 * A polynomial from one value to another, then constant: (from - to) · (1 - min(t / steps, 1))^power + to.
 *
 * Source: as torch's PolynomialLR, where `to` is 0.
 */
export function polynomial(options: PolynomialOptions): Schedule {
  checkOptions('polynomial', options, { ...rules, power: positive });
  checkRequired('polynomial', options, ['from', 'steps']);
  return decay('polynomial', options);
}

function decay(owner: string, { from, to = 0, power = 1, steps, delay = 0 }: PolynomialOptions): Schedule {
  return schedule(owner, (count, math) => {
    const left = math.sub(1, math.min(math.div(math.max(math.sub(count, delay), 0), steps), 1));
    const part = power === 1 ? left : math.pow(left, power);
    return math.add(math.mul(part, from - to), to);
  });
}
