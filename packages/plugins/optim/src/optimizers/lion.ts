import { checkOptions, oneOf } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { ranges } from '../hyperparameters.js';
import { l1 } from '../kappas/box.js';
import { lionMeasures } from '../lyapunov/lionMeasures.js';
import { scaleByLion, type ScaleByLionOptions } from '../transforms/scaleByLion.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import type { LionState } from './lionState.js';
import { momentsChain, rateRules } from './momentsChain.js';

/** `scaleByLion`'s options (beta1, beta2, momentumDType), and: */
export interface LionOptions extends ScaleByLionOptions {
  /** η; the authors advise a third to a tenth of AdamW's. At least 0. Default 1e-4. */
  readonly learningRate?: Hyperparameter;
  /** λ; the authors advise three to ten times AdamW's, so that η λ stays. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

/**
 * Lion: the sign of an interpolated momentum. Each weight moves by the learning rate exactly, whatever its gradient's size.
 *
 *     u = sign(β₁ m + (1 - β₁) g),   m ← β₂ m + (1 - β₂) g
 *     w ← w - η (u + λ w)
 *
 * The measure `lyapunov` of a run is the function of `lionLyapunov`.
 *
 * State: one array per parameter (m).
 * Source: Chen et al. 2023 (arXiv:2302.06675), algorithm 2; google/automl (lion), with its defaults.
 *
 * @throws ArgumentError
 */
export function lion(options: LionOptions = {}): Optimizer<LionState> {
  checkOptions('lion', options, {
    learningRate: rateRules.learningRate,
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    weightDecay: rateRules.weightDecay,
    weightDecayMask: rateRules.weightDecayMask,
    momentumDType: oneOf('float32', 'float64'),
  });
  const { learningRate = 1e-4, weightDecay = 0, weightDecayMask = true, ...rest } = options;
  const { beta1 = 0.9, beta2 = 0.99 } = rest;
  const rate = { learningRate, weightDecay, weightDecayMask };
  return {
    ...momentsChain('lion', scaleByLion(rest), { ...rate, decoupled: true }),
    measures: lionMeasures('lion', { ...rate, kappa: l1(), scope: 'leaf', beta1, beta2 }),
  };
}
