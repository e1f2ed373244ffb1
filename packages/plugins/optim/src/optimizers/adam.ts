import { checkOptions, flag, nonNegative } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { ranges } from '../hyperparameters.js';
import { scaleByAdam, type ScaleByAdamState } from '../transforms/scaleByAdam.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import { momentsChain, rateRules, type MomentsState } from './momentsChain.js';

export interface AdamOptions {
  /** α. At least 0. Default 1e-3. */
  readonly learningRate?: Hyperparameter;
  /** β₁. In [0, 1). Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** β₂. In [0, 1). Default 0.999. */
  readonly beta2?: Hyperparameter;
  /** ε. At least 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
  /** λ, added to the gradient as λ w (L2; for decoupled decay see `adamw`). At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
  /** Added to v̂ under the root, for steps that are differentiated through (see `scaleByAdam`). At least 0. Default 0. */
  readonly epsilonRoot?: number;
  /** Divide by the largest second moment so far. Default false. */
  readonly amsgrad?: boolean;
}

export type AdamState = MomentsState<ScaleByAdamState>;

/**
 * Adam.
 *
 *     g ← g + λ w
 *     m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²
 *     w ← w - α m̂ / (√v̂ + ε),   m̂ = m / (1 - β₁ᵗ),  v̂ = v / (1 - β₂ᵗ)
 *
 * State: two arrays per parameter (m, v), three with amsgrad.
 * Source: Kingma & Ba 2015 (arXiv:1412.6980), algorithm 1, with its defaults; as torch.optim.Adam.
 *
 * @throws ArgumentError
 */
export function adam(options: AdamOptions = {}): Optimizer<AdamState> {
  return adamLike('adam', options);
}

/**
 * AMSGrad: `adam` with `amsgrad: true`, whose second moment never shrinks, so that steps do not grow again.
 *
 * State: three arrays per parameter (m, v, vMax).
 * Source: Reddi et al. 2018 (arXiv:1904.09237), algorithm 2, with Adam's bias correction as in torch.
 *
 * @throws ArgumentError
 */
export function amsgrad(options: Omit<AdamOptions, 'amsgrad'> = {}): Optimizer<AdamState> {
  return adamLike('amsgrad', options, true);
}

function adamLike(owner: string, options: AdamOptions, always = false): Optimizer<AdamState> {
  checkOptions(owner, options, {
    learningRate: rateRules.learningRate,
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    epsilonRoot: nonNegative,
    weightDecay: rateRules.weightDecay,
    weightDecayMask: rateRules.weightDecayMask,
    ...(always ? {} : { amsgrad: flag }),
  });
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, epsilonRoot = 0 } = options;
  const { weightDecay, weightDecayMask, amsgrad: largest = always } = options;
  const moments = scaleByAdam({ beta1, beta2, epsilon, epsilonRoot, amsgrad: largest });
  return momentsChain(owner, moments, { learningRate, weightDecay, weightDecayMask, decoupled: false });
}
