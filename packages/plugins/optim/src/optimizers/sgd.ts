import { checkOptions, checkRequired, flag } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import { hyper, perLeaf } from '../checks.js';
import { namedChain } from '../compose/chain.js';
import { ranges } from '../hyperparameters.js';
import { addDecayedWeights, type AddDecayedWeightsState } from '../transforms/addDecayedWeights.js';
import { scaleByLearningRate, type ScaleByLearningRateState } from '../transforms/scale.js';
import { trace, type TraceState } from '../transforms/trace.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';

export interface SgdOptions {
  /** γ. At least 0. No default, as there is none that fits most problems. */
  readonly learningRate: Hyperparameter;
  /** μ. In [0, 1). Default 0: no buffer. */
  readonly momentum?: Hyperparameter;
  /** τ; the gradient enters the buffer with 1 - τ, at the first step with 1. In [0, 1]. Default 0. */
  readonly dampening?: Hyperparameter;
  /** Step along g + μ b; needs momentum, and no dampening. Default false. */
  readonly nesterov?: boolean;
  /** λ, added to the gradient as λ w. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

export type SgdState = {
  readonly decay?: AddDecayedWeightsState;
  readonly momentum?: TraceState;
  readonly rate: ScaleByLearningRateState;
};

/**
 * Stochastic gradient descent, with momentum.
 *
 *     g ← g + λ w
 *     b ← μ b + (1 - τ) g      at the first step b ← g
 *     w ← w - γ b              nesterov: w ← w - γ (g + μ b)
 *
 * State: one array per parameter with momentum, none without.
 * Source: Robbins & Monro 1951; both momenta as in Sutskever et al. 2013, eqs. 1 to 4; semantics are
 * torch.optim.SGD's.
 *
 * @throws ArgumentError
 */
export function sgd(options: SgdOptions): Optimizer<SgdState> {
  checkOptions('sgd', options, {
    learningRate: hyper(ranges.learningRate),
    momentum: hyper(ranges.momentum),
    dampening: hyper(ranges.dampening),
    nesterov: flag,
    weightDecay: hyper(ranges.weightDecay),
    weightDecayMask: perLeaf,
  });
  checkRequired('sgd', options, ['learningRate']);
  const { learningRate, momentum = 0, dampening = 0, nesterov = false } = options;
  const { weightDecay = 0, weightDecayMask = true } = options;
  if (nesterov && (momentum === 0 || dampening !== 0))
    throw new ArgumentError('sgd: nesterov needs a momentum greater than 0, and a dampening of 0');
  return namedChain('sgd', {
    ...(weightDecay === 0 ? {} : { decay: addDecayedWeights(weightDecay, weightDecayMask) }),
    ...(momentum === 0 ? {} : { momentum: trace({ momentum, dampening, nesterov }) }),
    rate: scaleByLearningRate(learningRate),
  });
}
