import { checkOptions, checkRequired } from '@core/registry/checks';
import { hyper, perLeaf } from '../checks.js';
import { namedChain } from '../compose/chain.js';
import { ranges } from '../hyperparameters.js';
import { addDecayedWeights, type AddDecayedWeightsState } from '../transforms/addDecayedWeights.js';
import { scaleByLearningRate, type ScaleByLearningRateState } from '../transforms/scale.js';
import {
  scaleByShampoo,
  shampooRules,
  type ScaleByShampooOptions,
  type ScaleByShampooState,
} from '../transforms/scaleByShampoo.js';
import { trace, type TraceState } from '../transforms/trace.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';

/** `scaleByShampoo`'s options (beta2, epsilon, exponent, accumulate, preconditionFrequency, …), and: */
export interface ShampooOptions extends ScaleByShampooOptions {
  /** α. At least 0. No default. */
  readonly learningRate: Hyperparameter;
  /** μ, the share of the preconditioned steps' decaying mean that stays. In [0, 1). Default 0. */
  readonly momentum?: Hyperparameter;
  /** λ, decoupled. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

export type ShampooState = {
  readonly preconditioner: ScaleByShampooState;
  readonly momentum?: TraceState;
  readonly decay?: AddDecayedWeightsState;
  readonly rate: ScaleByLearningRateState;
};

/**
 * Shampoo: gradients between roots of the matrices L = Σ g gᵀ and R = Σ gᵀ g, or of their running means.
 *
 *     u = L^(-1/4) g R^(-1/4)              exponent -1/2: √(tr L) L^(-1/2) g R^(-1/2)
 *     b ← μ b + (1 - μ) u,   w ← w (1 - α λ) - α b
 *
 * A baseline: no grafting, and powers that are stale between refreshes. `soap` is the one to use.
 *
 * State of a matrix m × n: 2 m² + 2 n² numbers, and m n with momentum. See `scaleByShampoo` for other leaves and the cost.
 * Source: Gupta, Koren & Singer 2018 (arXiv:1802.09568).
 *
 * @throws ArgumentError; ShapeError for leaves without elements
 */
export function shampoo(options: ShampooOptions): Optimizer<ShampooState> {
  const owner = 'shampoo';
  checkOptions(owner, options, {
    learningRate: hyper(ranges.learningRate),
    ...shampooRules,
    momentum: hyper(ranges.momentum),
    weightDecay: hyper(ranges.weightDecay),
    weightDecayMask: perLeaf,
  });
  checkRequired(owner, options, ['learningRate']);
  const { learningRate, momentum = 0, weightDecay = 0, weightDecayMask = true, ...rest } = options;
  return namedChain(owner, {
    preconditioner: scaleByShampoo(rest),
    ...(momentum === 0 ? {} : { momentum: trace({ momentum, dampening: 'momentum' }) }),
    ...(weightDecay === 0 ? {} : { decay: addDecayedWeights(weightDecay, weightDecayMask) }),
    rate: scaleByLearningRate(learningRate),
  });
}
