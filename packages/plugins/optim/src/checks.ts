import type { Rule } from '@core/registry/checks';
import { Tensor, isFloat } from '@core/tensor';

/* Rules of what optimizers are given, beside those of every package. */

/** A number within the rule, a schedule, or a scalar float tensor (whose value is not read: it may be traced). */
export function hyper(rule: Rule): Rule {
  return {
    words: `${rule.words}, a schedule or a scalar tensor`,
    holds: (value) =>
      typeof value === 'function' ||
      (value instanceof Tensor ? value.ndim === 0 && isFloat(value.dtype) : rule.holds(value)),
  };
}

/** One value per leaf; its branches are looked at when the parameters are known. */
export const perLeaf: Rule = {
  words: 'a value, a tree of values, or a function of a path and a parameter',
  holds: (value) => value !== null && ['boolean', 'string', 'object', 'function'].includes(typeof value),
};
