import { checkOptions, nonNegative } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { ranges } from '../hyperparameters.js';
import {
  scaleByAdagrad,
  type ScaleByAdagradOptions,
  type ScaleByAdagradState,
} from '../transforms/scaleByAdagrad.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import { momentsChain, rateRules, type MomentsState } from './momentsChain.js';

/** `scaleByAdagrad`'s options (epsilon, initialAccumulator, rateDecay), and: */
export interface AdagradOptions extends ScaleByAdagradOptions {
  /** α. At least 0. Default 0.01. */
  readonly learningRate?: Hyperparameter;
  /** λ, added to the gradient as λ w. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

export type AdagradState = MomentsState<ScaleByAdagradState>;

/**
 * Adagrad: gradients over the root of the sum of all their squares, so that rare features keep long steps.
 *
 *     s ← s + g²
 *     w ← w - α / (1 + (t - 1) η) g / (√s + ε)
 *
 * State: one array per parameter (sum).
 * Source: Duchi et al. 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization"; as
 * torch.optim.Adagrad, with its defaults.
 *
 * @throws ArgumentError
 */
export function adagrad(options: AdagradOptions = {}): Optimizer<AdagradState> {
  checkOptions('adagrad', options, {
    ...rateRules,
    epsilon: hyper(ranges.epsilon),
    initialAccumulator: nonNegative,
    rateDecay: hyper(ranges.rateDecay),
  });
  const { learningRate = 0.01, weightDecay, weightDecayMask, ...rest } = options;
  return momentsChain('adagrad', scaleByAdagrad(rest), {
    learningRate,
    weightDecay,
    weightDecayMask,
    decoupled: false,
  });
}
