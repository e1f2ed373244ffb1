import { checkOptions, flag } from '@core/registry/checks';
import { hyper, perLeaf } from '../checks.js';
import { namedChain } from '../compose/chain.js';
import { ranges } from '../hyperparameters.js';
import {
  addDecayedWeights,
  decayedWeights,
  type AddDecayedWeightsState,
} from '../transforms/addDecayedWeights.js';
import { scaleByLearningRate, type ScaleByLearningRateState } from '../transforms/scale.js';
import {
  scaleByBelief,
  type ScaleByBeliefOptions,
  type ScaleByBeliefState,
} from '../transforms/scaleByBelief.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';

/** `scaleByBelief`'s options (beta1, beta2, epsilon, amsgrad, rectify, degeneratedToSgd), and: */
export interface AdaBeliefOptions extends ScaleByBeliefOptions {
  /** α. At least 0. Default 1e-3. */
  readonly learningRate?: Hyperparameter;
  /** λ. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
  /** Decoupled decay, w ← w (1 - α λ); false adds λ w to the gradient. Default true. */
  readonly weightDecouple?: boolean;
  /** With decoupled decay: w ← w (1 - λ), whatever the learning rate. Default false. */
  readonly fixedDecay?: boolean;
}

export type AdaBeliefState = {
  readonly moments: ScaleByBeliefState;
  readonly decay?: AddDecayedWeightsState;
  readonly rate: ScaleByLearningRateState;
};

/**
 * AdaBelief: Adam whose second moment measures how far gradients are from their mean. Steps are long where gradients keep
 * agreeing with it, short where they surprise.
 *
 *     m ← β₁ m + (1 - β₁) g,   s ← β₂ s + (1 - β₂) (g - m)² + ε
 *     w ← w (1 - α λ) - α m̂ / (√ŝ + ε)         rectified in the first steps, see `scaleByBelief`
 *
 * State: two arrays per parameter (m, s), three with amsgrad.
 * Source: Zhuang et al. 2020 (arXiv:2010.07468); package adabelief_pytorch 0.2.1, with its defaults. What 0.0.5 did is
 * `{ epsilon: 1e-8, weightDecouple: false, rectify: false }`.
 *
 * @throws ArgumentError
 */
export function adabelief(options: AdaBeliefOptions = {}): Optimizer<AdaBeliefState> {
  checkOptions('adabelief', options, {
    learningRate: hyper(ranges.learningRate),
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    weightDecay: hyper(ranges.weightDecay),
    weightDecayMask: perLeaf,
    amsgrad: flag,
    weightDecouple: flag,
    fixedDecay: flag,
    rectify: flag,
    degeneratedToSgd: flag,
  });
  const { learningRate = 1e-3, weightDecay = 0, weightDecayMask = true, ...others } = options;
  const { weightDecouple = true, fixedDecay = false, ...rest } = others;
  const moments = scaleByBelief(rest);
  const rate = scaleByLearningRate(learningRate);
  if (weightDecay === 0) return namedChain('adabelief', { moments, rate });
  if (!weightDecouple)
    return namedChain('adabelief', { decay: addDecayedWeights(weightDecay, weightDecayMask), moments, rate });
  if (!fixedDecay)
    return namedChain('adabelief', { moments, decay: addDecayedWeights(weightDecay, weightDecayMask), rate });
  return namedChain('adabelief', {
    moments,
    rate,
    decay: decayedWeights('adabelief', weightDecay, weightDecayMask, -1),
  });
}
