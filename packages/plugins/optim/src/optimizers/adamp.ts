import { checkOptions, flag } from '@core/registry/checks';
import { hyper, perLeaf } from '../checks.js';
import { namedChain } from '../compose/chain.js';
import { ranges } from '../hyperparameters.js';
import { scaleByLearningRate, type ScaleByLearningRateState } from '../transforms/scale.js';
import {
  scaleByAdamP,
  type ScaleByAdamPOptions,
  type ScaleByAdamPState,
} from '../transforms/scaleByAdamP.js';
import type { Hyperparameter, Optimizer } from '../types.js';

/** `scaleByAdamP`'s options (beta1, beta2, epsilon, weightDecay, weightDecayMask, delta, weightDecayRatio, nesterov), and: */
export interface AdamPOptions extends ScaleByAdamPOptions {
  /** η. At least 0. Default 1e-3. */
  readonly learningRate?: Hyperparameter;
}

export type AdamPState = {
  readonly moments: ScaleByAdamPState;
  readonly rate: ScaleByLearningRateState;
};

/**
 * AdamP: AdamW without the radial part of the step on weights that look scale-invariant (those before a normalisation
 * layer). That part does not change the function, only lengthens the weight and so lowers the effective learning rate;
 * weight decay, which would shorten it again, is weakened there.
 *
 *     p = Adam's direction before the first moment's bias correction
 *     (p, r) = projectRadial(w, g, p)
 *     w ← w - η (p / (1 - β₁ᵗ) + r λ w)
 *
 * State: two arrays per parameter (m, v).
 * Source: Heo et al. 2021 (arXiv:2006.08217), algorithm 2; clovaai/AdamP, with its defaults.
 *
 * @throws ArgumentError
 */
export function adamp(options: AdamPOptions = {}): Optimizer<AdamPState> {
  checkOptions('adamp', options, {
    learningRate: hyper(ranges.learningRate),
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    weightDecay: hyper(ranges.weightDecay),
    weightDecayMask: perLeaf,
    delta: hyper(ranges.delta),
    weightDecayRatio: hyper(ranges.weightDecayRatio),
    nesterov: flag,
  });
  const { learningRate = 1e-3, ...rest } = options;
  return namedChain('adamp', { moments: scaleByAdamP(rest), rate: scaleByLearningRate(learningRate) });
}
