import { checkOptions } from '@core/registry/checks';
import { hyper, perLeaf } from '../checks.js';
import { namedChain } from '../compose/chain.js';
import { ranges } from '../hyperparameters.js';
import { decayAfterStep, type DecayAfterStepState } from '../transforms/decayAfterStep.js';
import { scaleByLearningRate, type ScaleByLearningRateState } from '../transforms/scale.js';
import {
  scaleBySoap,
  soapRules,
  type ScaleBySoapOptions,
  type ScaleBySoapState,
} from '../transforms/scaleBySoap.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';

/** `scaleBySoap`'s options (beta1, beta2, epsilon, preconditionFrequency, maxPreconditionDimension, …), and: */
export interface SoapOptions extends ScaleBySoapOptions {
  /** α. At least 0. Default 3e-3. */
  readonly learningRate?: Hyperparameter;
  /** λ. At least 0. Default 0.01. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

export type SoapState = {
  readonly moments: ScaleBySoapState;
  readonly rate: ScaleByLearningRateState;
  readonly decay?: DecayAfterStepState;
};

/**
 * SOAP: Adam in the slowly refreshed eigenbasis of Shampoo's factors.
 *
 *     g' = Q_Lᵀ g Q_R,   m ← β₁ m + (1 - β₁) g',   v ← β₂ v + (1 - β₂) g'²
 *     w ← w - α √(1 - β₂ᵗ) / (1 - β₁ᵗ) Q_L (m / (√v + ε)) Q_Rᵀ
 *     w ← w - α λ w                                   after the step, on the stepped w
 *
 * The first update only looks: it makes the bases and leaves the parameters as they are, without decay. See `scaleBySoap`
 * for the bases, for leaves that are no matrices, and for the cost.
 *
 * State of a matrix m × n: 2 m n + 2 m² + 2 n² numbers; factorised m n + m + n + 2 m² + 2 n². Other leaves: as Adam.
 * Source: Vyas et al. 2024 (arXiv:2409.11321); defaults and the order of operations are those of the authors' soap.py.
 *
 * @throws ArgumentError; ShapeError for leaves without elements
 */
export function soap(options: SoapOptions = {}): Optimizer<SoapState> {
  const owner = 'soap';
  checkOptions(owner, options, {
    learningRate: hyper(ranges.learningRate),
    ...soapRules,
    weightDecay: hyper(ranges.weightDecay),
    weightDecayMask: perLeaf,
  });
  const { learningRate = 3e-3, weightDecay = 0.01, weightDecayMask = true, ...rest } = options;
  const moments = scaleBySoap(rest);
  const rate = scaleByLearningRate(learningRate);
  if (weightDecay === 0) return namedChain(owner, { moments, rate });
  return namedChain(owner, {
    moments,
    rate,
    decay: decayAfterStep(owner, learningRate, weightDecay, weightDecayMask),
  });
}
