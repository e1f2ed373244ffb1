import {
  atLeastOne,
  checkOptions,
  checkRequired,
  finite,
  positive,
  wholeNumber,
} from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import type { Schedule } from '../types.js';
import { schedule } from './arithmetic.js';

export interface WarmupCosineOptions {
  /** Value after the warm-up. */
  readonly peak: number;
  /** Steps of the warm-up, at least 0 and less than `steps`. */
  readonly warmupSteps: number;
  /** Steps in all, warm-up included. */
  readonly steps: number;
  /** Value at step 0. Default 0. */
  readonly from?: number;
  /** Last value. Default 0. */
  readonly to?: number;
  /** Exponent of the cosine part. Greater than 0. Default 1. */
  readonly exponent?: number;
}

/**
 * A straight line up to the peak, then half a cosine wave down to `to`, then constant. With s = (t - warmupSteps) /
 * (steps - warmupSteps):
 *
 *     t < warmupSteps:  from + (peak - from) · t / warmupSteps
 *     after:            to + (peak - to) · (½ (1 + cos(π min(s, 1))))^exponent
 *
 * Source: Goyal et al. 2017 (arXiv:1706.02677), section 2.2 (warm-up); Loshchilov & Hutter 2017 (arXiv:1608.03983), eq. 5.
 */
export function warmupCosine(options: WarmupCosineOptions): Schedule {
  const owner = 'warmupCosine';
  checkOptions(owner, options, {
    peak: finite,
    warmupSteps: wholeNumber,
    steps: atLeastOne,
    from: finite,
    to: finite,
    exponent: positive,
  });
  checkRequired(owner, options, ['peak', 'warmupSteps', 'steps']);
  const { peak, warmupSteps, steps, from = 0, to = 0, exponent = 1 } = options;
  if (warmupSteps >= steps)
    throw new ArgumentError(`${owner}: warmupSteps must be less than steps (${steps}), got ${warmupSteps}`);
  return schedule(owner, (count, math) => {
    const rising = math.add(math.mul(count, (peak - from) / Math.max(warmupSteps, 1)), from);
    const share = math.div(math.max(math.sub(count, warmupSteps), 0), steps - warmupSteps);
    const wave = math.mul(math.add(math.cos(math.mul(math.min(share, 1), Math.PI)), 1), 0.5);
    const falling = math.add(math.mul(exponent === 1 ? wave : math.pow(wave, exponent), peak - to), to);
    return math.below(count, warmupSteps, rising, falling);
  });
}
