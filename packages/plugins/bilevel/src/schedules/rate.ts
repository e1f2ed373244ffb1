import type { Schedule } from '@core/registry';
import type { Rule } from '@core/registry/checks';
import type { Tensor } from '@core/tensor';

/** A rate of a solver: a number, or a schedule of the steps taken so far. */
export type Rate = number | Schedule;

/** A number within the rule, or a schedule, whose values are not looked at: they may be traced. */
export function orSchedule(rule: Rule): Rule {
  return {
    words: `${rule.words} or a schedule`,
    holds: (value) => typeof value === 'function' || rule.holds(value),
  };
}

/** The rate of the step that follows `count` others. */
export function rateAt(rate: Rate, count: Tensor): number | Tensor {
  return typeof rate === 'number' ? rate : rate(count);
}
