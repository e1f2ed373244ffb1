import { checkOptions, oneOf } from '@core/registry/checks';
import type { Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { ranges, type HyperparameterState } from '../hyperparameters.js';
import type { Hyperparameter, Transform } from '../types.js';
import { lionRule } from './scaleByLionK.js';

export interface ScaleByLionOptions {
  /** β₁, share of the momentum in the direction. In [0, 1). Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** β₂, decay of the momentum. In [0, 1). Default 0.99, not Adam's 0.999. */
  readonly beta2?: Hyperparameter;
  /** dtype in which the momentum is stored. Default: the parameter's. */
  readonly momentumDType?: 'float32' | 'float64';
}

export type ScaleByLionState = HyperparameterState<'beta1' | 'beta2'> & {
  /** Momentum; the only array per parameter. */
  readonly m: Tree;
};

/**
 * Lion's direction: `scaleByLionK` with K = ‖·‖₁.
 *
 *     u = sign(β₁ m + (1 - β₁) g)       with the momentum from before this update; sign(0) = 0, NaN stays NaN
 *     m ← β₂ m + (1 - β₂) g
 *
 * Source: Chen et al. 2023 (arXiv:2302.06675), algorithm 2; google/automl (lion), defaults too.
 *
 * @throws ArgumentError
 */
export function scaleByLion(options: ScaleByLionOptions = {}): Transform<ScaleByLionState> {
  const owner = 'scaleByLion';
  checkOptions(owner, options, {
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    momentumDType: oneOf('float32', 'float64'),
  });
  return lionRule(owner, options);
}
