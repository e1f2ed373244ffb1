import { check } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise } from '../leaves.js';
import { inDType, meanSquare, root } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export type ClipByRmsState = HyperparameterState<'clipThreshold'>;

/**
 * Shortens each leaf's update, by itself, to a root mean square of at most the threshold:
 *
 *     u ← u / max(1, RMS(u) / d)
 *
 * Source: Shazeer & Stern 2018 (arXiv:1804.04235), section 6.
 *
 * @param clipThreshold d, greater than 0
 * @throws ArgumentError
 */
export function clipByRms(clipThreshold: Hyperparameter): Transform<ClipByRmsState> {
  const owner = 'clipByRms';
  check(owner, 'clipThreshold', clipThreshold, hyper(ranges.clipThreshold));
  const numbers = hyperparameters(owner, { clipThreshold });
  return {
    init: () => numbers.init(),
    update: (grads, state, params) => {
      const scalars = inDType({ inverse: numbers.read(state).clipThreshold.reciprocal() });
      const { updates } = leafwise(owner, params, { grads }, ['updates'], ({ grads: u }) => {
        // The mean of no numbers is NaN.
        if (u.size === 0) return { updates: u };
        const excess = root(meanSquare(u)).mul(scalars(u.dtype).inverse).maximum(1);
        return { updates: u.mul(excess.reciprocal()) };
      });
      return { updates, state: numbers.advance(state) };
    },
  };
}
