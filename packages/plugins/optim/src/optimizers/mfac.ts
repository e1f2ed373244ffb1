import { atLeastOne, checkOptions, flag } from '@core/registry/checks';
import { hyper, perLeaf } from '../checks.js';
import { namedChain } from '../compose/chain.js';
import { ranges } from '../hyperparameters.js';
import { addDecayedWeights, type AddDecayedWeightsState } from '../transforms/addDecayedWeights.js';
import { scaleByLearningRate, type ScaleByLearningRateState } from '../transforms/scale.js';
import { scaleByMfac, type ScaleByMfacOptions, type ScaleByMfacState } from '../transforms/scaleByMfac.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';

/** `scaleByMfac`'s options (windowSize, damping, momentum, sparse), and: */
export interface MfacOptions extends ScaleByMfacOptions {
  /** η. At least 0. Default 1e-3. */
  readonly learningRate?: Hyperparameter;
  /** λ, L2: λ w is added to the gradient before it enters the window. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

export type MfacState = {
  readonly decay?: AddDecayedWeightsState;
  readonly moments: ScaleByMfacState;
  readonly rate: ScaleByLearningRateState;
};

/**
 * M-FAC: natural gradient steps with the empirical Fisher matrix of the last m gradients, exactly and without a matrix of
 * the parameters' size.
 *
 *     g ← g + λ w,   u = (δ I + 1/m Σ g gᵀ)⁻¹ g
 *     w ← w - η u                     with momentum: w ← w - η v,  v ← μ v + (1 - μ) u
 *
 * The authors train with batches of 128 at η 1e-3, δ 1e-5, m 512 to 1024, without momentum, λ 3e-3 for ResNet-20.
 *
 * State: m arrays per parameter (the window), one more with momentum and one with sparse. O(d m + m³) each step.
 * Source: Frantar et al. 2021 (arXiv:2107.03356); IST-DASLab/M-FAC (optim.py, MFAC), with its defaults. There m must be a
 * multiple of 32; here it need not.
 *
 * @throws ArgumentError
 */
export function mfac(options: MfacOptions = {}): Optimizer<MfacState> {
  checkOptions('mfac', options, {
    learningRate: hyper(ranges.learningRate),
    windowSize: atLeastOne,
    damping: hyper(ranges.damping),
    momentum: hyper(ranges.momentum),
    weightDecay: hyper(ranges.weightDecay),
    weightDecayMask: perLeaf,
    sparse: flag,
  });
  const { learningRate = 1e-3, weightDecay = 0, weightDecayMask = true, ...rest } = options;
  return namedChain('mfac', {
    ...(weightDecay === 0 ? {} : { decay: addDecayedWeights(weightDecay, weightDecayMask) }),
    moments: scaleByMfac(rest),
    rate: scaleByLearningRate(learningRate),
  });
}
