import { checkOptions, flag } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { ranges } from '../hyperparameters.js';
import {
  scaleByNadam,
  type ScaleByNadamOptions,
  type ScaleByNadamState,
} from '../transforms/scaleByNadam.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import { momentsChain, rateRules, type MomentsState } from './momentsChain.js';

/** `scaleByNadam`'s options (beta1, beta2, epsilon, momentumDecay), and: */
export interface NadamOptions extends ScaleByNadamOptions {
  /** α. At least 0. Default 2e-3. */
  readonly learningRate?: Hyperparameter;
  /** λ, added to the gradient as λ w. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
  /** Decoupled decay, w ← w (1 - α λ), in place of L2. Default false. */
  readonly weightDecouple?: boolean;
}

export type NadamState = MomentsState<ScaleByNadamState>;

/**
 * NAdam: Adam with Nesterov momentum, whose coefficient μ rises over the first thousands of steps.
 *
 *     μₜ = β₁ (1 - ½ 0.96^(t ψ)),   Pₜ = μ₁ … μₜ
 *     w ← w - α (g (1 - μₜ) / (1 - Pₜ) + m μₜ₊₁ / (1 - Pₜ₊₁)) / (√v̂ + ε)
 *
 * State: two arrays per parameter (m, v).
 * Source: Dozat 2016, "Incorporating Nesterov Momentum into Adam"; as torch.optim.NAdam, with its defaults.
 *
 * @throws ArgumentError
 */
export function nadam(options: NadamOptions = {}): Optimizer<NadamState> {
  checkOptions('nadam', options, {
    ...rateRules,
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    momentumDecay: hyper(ranges.momentumDecay),
    weightDecouple: flag,
  });
  const { learningRate = 2e-3, weightDecay, weightDecayMask, weightDecouple = false, ...rest } = options;
  return momentsChain('nadam', scaleByNadam(rest), {
    learningRate,
    weightDecay,
    weightDecayMask,
    decoupled: weightDecouple,
  });
}
