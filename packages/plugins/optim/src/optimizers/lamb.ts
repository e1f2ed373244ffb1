import { checkOptions, flag } from '@core/registry/checks';
import { hyper, perLeaf } from '../checks.js';
import { namedChain } from '../compose/chain.js';
import { ranges } from '../hyperparameters.js';
import { addDecayedWeights, type AddDecayedWeightsState } from '../transforms/addDecayedWeights.js';
import type { EmptyState } from '../transforms/identity.js';
import { scaleByLearningRate, type ScaleByLearningRateState } from '../transforms/scale.js';
import { scaleByAdam, type ScaleByAdamState } from '../transforms/scaleByAdam.js';
import { scaleByTrustRatio } from '../transforms/scaleByTrustRatio.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import { rateRules } from './momentsChain.js';

export interface LambOptions {
  /** η; much larger than Adam's, as it is relative to each leaf's length. At least 0. Default 1e-3. */
  readonly learningRate?: Hyperparameter;
  /** β₁. In [0, 1). Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** β₂. In [0, 1). Default 0.999. */
  readonly beta2?: Hyperparameter;
  /** ε. At least 0. Default 1e-6. */
  readonly epsilon?: Hyperparameter;
  /** λ, decoupled, inside the ratio. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
  /** Leaves whose steps get their length. Default all. */
  readonly adaptationMask?: Mask;
  /** Adam's bias correction, which the paper has and the authors' first code (for BERT) has not. Default true. */
  readonly biasCorrection?: boolean;
}

export type LambState = {
  readonly moments: ScaleByAdamState;
  readonly decay?: AddDecayedWeightsState;
  readonly trust: EmptyState;
  readonly rate: ScaleByLearningRateState;
};

/**
 * LAMB: Adam whose step on each leaf has the length of the leaf, for very large batches.
 *
 *     r = m̂ / (√v̂ + ε) + λ w
 *     w ← w - η ‖w‖ / ‖r‖ r            the ratio is 1 where a norm is 0
 *
 * State: two arrays per parameter (m, v).
 * Source: You et al. 2020 (arXiv:1904.00962), algorithm 2; defaults as in TensorFlow Addons and optax. To leave biases and norms
 * out, as the authors do for BERT: `weightDecayMask` and `adaptationMask` of `(path, param) => param.ndim > 1`.
 *
 * @throws ArgumentError
 */
export function lamb(options: LambOptions = {}): Optimizer<LambState> {
  checkOptions('lamb', options, {
    ...rateRules,
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    adaptationMask: perLeaf,
    biasCorrection: flag,
  });
  const { learningRate = 1e-3, weightDecay = 0, weightDecayMask = true, ...others } = options;
  const { adaptationMask = true, epsilon = 1e-6, ...rest } = others;
  return namedChain('lamb', {
    moments: scaleByAdam({ ...rest, epsilon }),
    ...(weightDecay === 0 ? {} : { decay: addDecayedWeights(weightDecay, weightDecayMask) }),
    trust: scaleByTrustRatio(adaptationMask),
    rate: scaleByLearningRate(learningRate),
  });
}
