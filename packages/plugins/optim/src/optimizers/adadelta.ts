import { checkOptions } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { ranges } from '../hyperparameters.js';
import {
  scaleByAdadelta,
  type ScaleByAdadeltaOptions,
  type ScaleByAdadeltaState,
} from '../transforms/scaleByAdadelta.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import { momentsChain, rateRules, type MomentsState } from './momentsChain.js';

/** `scaleByAdadelta`'s options (rho, epsilon), and: */
export interface AdadeltaOptions extends ScaleByAdadeltaOptions {
  /** α; 1 is the paper's, which has no rate. At least 0. Default 1. */
  readonly learningRate?: Hyperparameter;
  /** λ, added to the gradient as λ w. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

export type AdadeltaState = MomentsState<ScaleByAdadeltaState>;

/**
 * Adadelta: steps in the units of the parameters, from the root mean squares of gradients and of earlier steps.
 *
 *     v ← ρ v + (1 - ρ) g²,   u = g √(d + ε) / √(v + ε),   d ← ρ d + (1 - ρ) u²
 *     w ← w - α u
 *
 * State: two arrays per parameter (v, steps).
 * Source: Zeiler 2012 (arXiv:1212.5701), algorithm 1; as torch.optim.Adadelta, with its defaults.
 *
 * @throws ArgumentError
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer<AdadeltaState> {
  checkOptions('adadelta', options, {
    ...rateRules,
    rho: hyper(ranges.rho),
    epsilon: hyper(ranges.epsilon),
  });
  const { learningRate = 1, weightDecay, weightDecayMask, ...rest } = options;
  return momentsChain('adadelta', scaleByAdadelta(rest), {
    learningRate,
    weightDecay,
    weightDecayMask,
    decoupled: false,
  });
}
