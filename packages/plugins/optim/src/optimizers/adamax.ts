import { checkOptions } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { ranges } from '../hyperparameters.js';
import {
  scaleByAdamax,
  type ScaleByAdamaxOptions,
  type ScaleByAdamaxState,
} from '../transforms/scaleByAdamax.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import { momentsChain, rateRules, type MomentsState } from './momentsChain.js';

/** `scaleByAdamax`'s options (beta1, beta2, epsilon), and: */
export interface AdamaxOptions extends ScaleByAdamaxOptions {
  /** α. At least 0. Default 2e-3. */
  readonly learningRate?: Hyperparameter;
  /** λ, added to the gradient as λ w. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

export type AdamaxState = MomentsState<ScaleByAdamaxState>;

/**
 * AdaMax: Adam with the largest recent gradient in place of the root mean square.
 *
 *     n ← max(β₂ n, |g| + ε)
 *     w ← w - α m̂ / n
 *
 * State: two arrays per parameter (m, norm).
 * Source: Kingma & Ba 2015 (arXiv:1412.6980), algorithm 2; as torch.optim.Adamax, with its defaults.
 *
 * @throws ArgumentError
 */
export function adamax(options: AdamaxOptions = {}): Optimizer<AdamaxState> {
  checkOptions('adamax', options, {
    ...rateRules,
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
  });
  const { learningRate = 2e-3, weightDecay, weightDecayMask, ...rest } = options;
  return momentsChain('adamax', scaleByAdamax(rest), {
    learningRate,
    weightDecay,
    weightDecayMask,
    decoupled: false,
  });
}
