import { checkOptions, flag, nonNegative } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { ranges } from '../hyperparameters.js';
import { scaleByAdam, type ScaleByAdamState } from '../transforms/scaleByAdam.js';
import type { Optimizer } from '../types.js';
import type { AdamOptions } from './adam.js';
import { momentsChain, rateRules, type MomentsState } from './momentsChain.js';

/** As Adam's, but `weightDecay` is decoupled from the gradient, and its default is 0.01. */
export type AdamWOptions = AdamOptions;

export type AdamWState = MomentsState<ScaleByAdamState>;

/**
 * Adam with decoupled weight decay: decay does not enter the moments, so every weight shrinks at the same rate.
 *
 *     m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²
 *     w ← w - α (m̂ / (√v̂ + ε) + λ w)
 *
 * State: two arrays per parameter (m, v), three with amsgrad.
 * Source: Loshchilov & Hutter 2019 (arXiv:1711.05101), algorithm 2, with the decay multiplied by the learning rate and
 * the default of 0.01 as in torch.optim.AdamW.
 *
 * @throws ArgumentError
 */
export function adamw(options: AdamWOptions = {}): Optimizer<AdamWState> {
  checkOptions('adamw', options, {
    learningRate: rateRules.learningRate,
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    epsilonRoot: nonNegative,
    weightDecay: rateRules.weightDecay,
    weightDecayMask: rateRules.weightDecayMask,
    amsgrad: flag,
  });
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, epsilonRoot = 0 } = options;
  const { weightDecay = 0.01, weightDecayMask, amsgrad = false } = options;
  const moments = scaleByAdam({ beta1, beta2, epsilon, epsilonRoot, amsgrad });
  return momentsChain('adamw', moments, { learningRate, weightDecay, weightDecayMask, decoupled: true });
}
