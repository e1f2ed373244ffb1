import { checkOptions, flag, positive } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { ranges } from '../hyperparameters.js';
import {
  scaleByExadam,
  type ScaleByExadamOptions,
  type ScaleByExadamState,
} from '../transforms/scaleByExadam.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import { momentsChain, rateRules, type MomentsState } from './momentsChain.js';

/** `scaleByExadam`'s options (beta1, beta2, epsilon, dynamicStep), and: */
export interface ExadamOptions extends ScaleByExadamOptions {
  /** α; the author advises 1e-3 for images, 3e-4 for language, 5e-4 for reinforcement learning. First steps are 11 to 16 times
   * as long as Adam's. At least 0. Default 1e-3. */
  readonly learningRate?: Hyperparameter;
  /** λ, decoupled; the paper has none, the author's code has. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

export type ExadamState = MomentsState<ScaleByExadamState>;

/**
 * EXAdam: Adam whose bias corrections look at each other's moment, with the raw gradient in the numerator and, in its first
 * version, a step that grows with the logarithm of time.
 *
 *     m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²
 *     m̃ = m d₁ / (1 - β₁ᵗ),  g̃ = g d₁ / (1 - β₁ᵗ),   d₁ = 1 + v / (v + ε) β₂ᵗ
 *     ṽ = v d₂ / (1 - β₂ᵗ),                           d₂ = 1 + m² / (m² + ε) β₁ᵗ
 *     w ← w (1 - α λ) - α ln(√2 √(t + 1)) (m̃ + g̃) / (√ṽ + ε)
 *
 * Decay takes the plain rate, not the grown one. State: two arrays per parameter (m, v).
 * Source: EXAdam (arXiv:2412.20302), AhmedMostafa16/EXAdam: the defaults are those of its first version; `dynamicStep: false`
 * is the second.
 *
 * @throws ArgumentError
 */
export function exadam(options: ExadamOptions = {}): Optimizer<ExadamState> {
  checkOptions('exadam', options, {
    ...rateRules,
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(positive),
    dynamicStep: flag,
  });
  const { learningRate = 1e-3, weightDecay, weightDecayMask, ...rest } = options;
  return momentsChain('exadam', scaleByExadam(rest), {
    learningRate,
    weightDecay,
    weightDecayMask,
    decoupled: true,
  });
}
