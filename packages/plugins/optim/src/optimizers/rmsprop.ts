import { checkOptions, flag } from '@core/registry/checks';
import { hyper, perLeaf } from '../checks.js';
import { namedChain } from '../compose/chain.js';
import { ranges } from '../hyperparameters.js';
import { addDecayedWeights, type AddDecayedWeightsState } from '../transforms/addDecayedWeights.js';
import { scaleByLearningRate, type ScaleByLearningRateState } from '../transforms/scale.js';
import { scaleByRms, type ScaleByRmsState } from '../transforms/scaleByRms.js';
import { trace, type TraceState } from '../transforms/trace.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';

export interface RmspropOptions {
  /** γ. At least 0. Default 0.01. */
  readonly learningRate?: Hyperparameter;
  /** α, decay of the mean of squared gradients. In [0, 1). Default 0.99. */
  readonly alpha?: Hyperparameter;
  /** ε, outside the root. At least 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
  /** Divide by the standard deviation in place of the root mean square. Default false. */
  readonly centered?: boolean;
  /** μ. In [0, 1). Default 0: no buffer. */
  readonly momentum?: Hyperparameter;
  /** λ, added to the gradient as λ w. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

export type RmspropState = {
  readonly decay?: AddDecayedWeightsState;
  readonly moments: ScaleByRmsState;
  readonly momentum?: TraceState;
  readonly rate: ScaleByLearningRateState;
};

/**
 * RMSProp.
 *
 *     g ← g + λ w
 *     v ← α v + (1 - α) g²                  centered: a ← α a + (1 - α) g
 *     b ← μ b + g / (√v + ε)                centered: √(v - a²)
 *     w ← w - γ b
 *
 * State: one array per parameter (v), one more with centered, one more with momentum.
 * Source: Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013 (arXiv:1308.0850), eqs. 38 to 45; semantics and
 * defaults are torch.optim.RMSprop's.
 *
 * @throws ArgumentError
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer<RmspropState> {
  checkOptions('rmsprop', options, {
    learningRate: hyper(ranges.learningRate),
    alpha: hyper(ranges.alpha),
    epsilon: hyper(ranges.epsilon),
    centered: flag,
    momentum: hyper(ranges.momentum),
    weightDecay: hyper(ranges.weightDecay),
    weightDecayMask: perLeaf,
  });
  const { learningRate = 0.01, alpha = 0.99, epsilon = 1e-8, centered = false, momentum = 0 } = options;
  const { weightDecay = 0, weightDecayMask = true } = options;
  return namedChain('rmsprop', {
    ...(weightDecay === 0 ? {} : { decay: addDecayedWeights(weightDecay, weightDecayMask) }),
    moments: scaleByRms({ alpha, epsilon, centered }),
    ...(momentum === 0 ? {} : { momentum: trace({ momentum }) }),
    rate: scaleByLearningRate(learningRate),
  });
}
