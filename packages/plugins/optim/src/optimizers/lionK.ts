import { checkOptions, oneOf } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { ranges } from '../hyperparameters.js';
import { l1 } from '../kappas/box.js';
import { kappaRule } from '../kappas/scope.js';
import { lionMeasures } from '../lyapunov/lionMeasures.js';
import { scaleByLionK, type ScaleByLionKOptions } from '../transforms/scaleByLionK.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import type { LionState } from './lionState.js';
import { momentsChain, rateRules } from './momentsChain.js';

/** `scaleByLionK`'s options (beta1, beta2, momentumDType, kappa, scope), and: */
export interface LionKOptions extends ScaleByLionKOptions {
  /** η. At least 0. Default 1e-4, which is for l1; for l2 √d times as much makes steps as long. */
  readonly learningRate?: Hyperparameter;
  /** λ; the constraint has the size 1/λ, whatever η. At least 0. Default 0: no constraint. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay, and so are constrained. Default all. */
  readonly weightDecayMask?: Mask;
}

/**
 * Lion-K: Lion with the subgradient of any convex K in place of the sign. Weight decay is a constraint or a penalty, and K
 * says which: the method minimises f(x) + K*(λ x)/λ.
 *
 *     u = ∂K(β₁ m + (1 - β₁) g),   m ← β₂ m + (1 - β₂) g
 *     w ← w - η (u + λ w)
 *
 * With `kappas.l1()` it is `lion`, and |w| <= 1/λ in the end. `lionLyapunov` gives the function that falls along its way,
 * if β₁ <= β₂; it is the measure `lyapunov` of a run.
 *
 * State: one array per parameter (m).
 * Source: Chen et al. 2023, "Lion Secretly Solves Constrained Optimization: As Lyapunov Predicts" (arXiv:2310.05898).
 *
 * @throws ArgumentError
 */
export function lionK(options: LionKOptions = {}): Optimizer<LionState> {
  checkOptions('lionK', options, {
    learningRate: rateRules.learningRate,
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    weightDecay: rateRules.weightDecay,
    weightDecayMask: rateRules.weightDecayMask,
    momentumDType: oneOf('float32', 'float64'),
    kappa: kappaRule,
    scope: oneOf('leaf', 'tree'),
  });
  const { learningRate = 1e-4, weightDecay = 0, weightDecayMask = true, ...rest } = options;
  const { beta1 = 0.9, beta2 = 0.99, kappa = l1(), scope = 'leaf' } = rest;
  const rate = { learningRate, weightDecay, weightDecayMask };
  return {
    ...momentsChain('lionK', scaleByLionK(rest), { ...rate, decoupled: true }),
    measures: lionMeasures('lionK', { ...rate, kappa, scope, beta1, beta2 }),
  };
}
