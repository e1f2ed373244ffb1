import { checkOptions, flag, positive } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { ranges } from '../hyperparameters.js';
import {
  empiricalHessian,
  scaleBySophia,
  type ScaleBySophiaOptions,
  type ScaleBySophiaState,
  type WithHessian,
} from '../transforms/scaleBySophia.js';
import type { Hyperparameter, Mask } from '../types.js';
import { momentsChain, rateRules, type MomentsState } from './momentsChain.js';

/** `scaleBySophia`'s options (beta1, beta2, gamma, epsilon, biasCorrection, empirical), and: */
export interface SophiaOptions extends ScaleBySophiaOptions {
  /** η; the largest step of an element. At least 0. Default 1e-4. */
  readonly learningRate?: Hyperparameter;
  /** λ, decoupled. At least 0. Default 0.1. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

export type SophiaState = MomentsState<ScaleBySophiaState>;

/**
 * Sophia: the momentum over an estimate of the Hessian's diagonal, cut off at the rate.
 *
 *     m ← β₁ m + (1 - β₁) g
 *     w ← w (1 - η λ) - η clip(m / (γ max(h, 0) + ε), -1, 1)
 *     h ← β₂ h + (1 - β₂) ĥ                  every tenth update or so
 *
 * The estimates ĥ come from the caller, who has the loss:
 *
 * ```ts
 * if (i % 10 === 0) {
 *   const estimate = gaussNewtonBartlett(grad(lossOnDrawnLabels)(params), batchSize); // or hutchinson(loss, params, key)
 *   state = optimizer.updateHessian(estimate, state, params);
 * }
 * ```
 *
 * Choose γ such that a tenth to a half of the elements are not cut off; the authors' 0.04 is for `gaussNewtonBartlett`.
 * State: two arrays per parameter (m, h). An estimate costs a gradient (or three), a tenth of the steps.
 * Source: Liu et al. 2023 (arXiv:2305.14342), algorithm 3; Liuhong99/Sophia (SophiaG), with its defaults. Its SophiaH is
 * `{ epsilon: 1e-12, biasCorrection: true }` with hutchinson.
 *
 * @throws ArgumentError
 */
export function sophia(options: SophiaOptions = {}): WithHessian<SophiaState> {
  checkOptions('sophia', options, {
    ...rateRules,
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    gamma: hyper(ranges.gamma),
    epsilon: hyper(positive),
    biasCorrection: flag,
    empirical: empiricalHessian,
  });
  const { learningRate = 1e-4, weightDecay = 0.1, weightDecayMask, ...rest } = options;
  const moments = scaleBySophia(rest);
  return {
    ...momentsChain('sophia', moments, { learningRate, weightDecay, weightDecayMask, decoupled: true }),
    updateHessian: (estimate, state, params) => ({
      ...state,
      moments: moments.updateHessian(estimate, state.moments, params),
    }),
  };
}
