import { check, fraction } from '@core/registry/checks';
import { Tensor } from '@core/tensor';
import { combine, minus } from '../vectors.js';

export interface StormOptions {
  /** β, the weight of what is new: 1 for the new value alone, 0 for sums of changes. In [0, 1]; a scalar tensor is taken as it is. */
  readonly beta: number | Tensor;
}

export interface Storm {
  /**
   * `z ← now + (1 - β)(z - before)`, for trees of one structure: `now` and `before` are a function at the present point and the one
   * before, with the same samples, and `z` is what this gave one step ago.
   */
  readonly update: <T>(estimate: T, now: T, before: T) => T;
}

/**
 * STORM, the recursive momentum estimator: follows a function of a moving point of which samples are seen, with an error that shrinks
 * with the steps' size. `msvr` is the same for many functions of which some are seen.
 *
 * Source: Cutkosky & Orabona 2019 (arXiv:1905.10018).
 *
 * @throws ArgumentError for options
 */
export function storm({ beta }: StormOptions): Storm {
  if (!(beta instanceof Tensor)) check('storm', 'beta', beta, fraction);
  const kept = beta instanceof Tensor ? beta.neg().add(1) : 1 - beta;
  return { update: (estimate, now, before) => combine([1, now], [kept, minus(estimate, before)]) };
}
