import { atLeastOne, checkOptions, flag, positive } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import { hyper } from '../checks.js';
import { namedChain } from '../compose/chain.js';
import { ranges } from '../hyperparameters.js';
import { relativeStep } from '../schedules/relativeStep.js';
import { adafactorStep, type AdafactorStepState } from '../transforms/adafactorStep.js';
import { clipByRms, type ClipByRmsState } from '../transforms/clipByRms.js';
import {
  scaleByFactoredRms,
  type ScaleByFactoredRmsOptions,
  type ScaleByFactoredRmsState,
} from '../transforms/scaleByFactoredRms.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import { rateRules } from './momentsChain.js';

/** `scaleByFactoredRms`' options (decayRate, epsilon, minimumFactoredSize), and: */
export interface AdafactorOptions extends ScaleByFactoredRmsOptions {
  /** ρ; with scaleParameter relative to each leaf's size. At least 0. Default: `relativeStep`, min(1e-2, 1 / √t). */
  readonly learningRate?: Hyperparameter;
  /** Without learningRate: rise from 1e-6, by 1e-6 at each step. Default false. */
  readonly warmupInit?: boolean;
  /** Multiply the rate by max(minimumScale, RMS(w)), leaf by leaf. Default true. */
  readonly scaleParameter?: boolean;
  /** ε₂, so that leaves of zeros can move. At least 0. Default 1e-3. */
  readonly minimumScale?: Hyperparameter;
  /** d, the largest root mean square of a leaf's direction. Greater than 0. Default 1. */
  readonly clipThreshold?: Hyperparameter;
  /** β₁ of an average of steps, which costs an array. In [0, 1). Default 0: none. */
  readonly beta1?: Hyperparameter;
  /** λ, decoupled: times the rate, and the leaf's size with scaleParameter. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

export type AdafactorState = {
  readonly moments: ScaleByFactoredRmsState;
  readonly clip: ClipByRmsState;
  readonly step: AdafactorStepState;
};

/**
 * Adafactor: adaptive steps with a second moment of rows + columns numbers for a matrix, and without a rate to choose.
 *
 *     u = g / √(r c / mean r),   u ← u / max(1, RMS(u) / d)         r, c: `scaleByFactoredRms`
 *     α = max(ε₂, RMS(w)) min(1e-2, 1 / √t)
 *     w ← w (1 - α λ) - α u
 *
 * State: for a leaf [.., rows, columns] rows + columns numbers for each matrix; one array for vectors and scalars. One more
 * array per parameter with beta1.
 * Source: Shazeer & Stern 2018 (arXiv:1804.04235), algorithms 4 and 5; defaults, and beta1 averaging steps, as fairseq's and
 * transformers' Adafactor.
 *
 * @throws ArgumentError, also for warmupInit with a learningRate
 */
export function adafactor(options: AdafactorOptions = {}): Optimizer<AdafactorState> {
  const owner = 'adafactor';
  checkOptions(owner, options, {
    ...rateRules,
    decayRate: hyper(ranges.decayRate),
    epsilon: hyper(positive),
    minimumFactoredSize: atLeastOne,
    warmupInit: flag,
    scaleParameter: flag,
    minimumScale: hyper(ranges.minimumScale),
    clipThreshold: hyper(ranges.clipThreshold),
    beta1: hyper(ranges.beta1),
  });
  const { learningRate, warmupInit = false, scaleParameter = true, minimumScale = 1e-3, ...others } = options;
  const { clipThreshold = 1, beta1 = 0, weightDecay = 0, weightDecayMask = true, ...rest } = others;
  if (warmupInit && learningRate !== undefined)
    throw new ArgumentError(
      `${owner}: warmupInit is for the rate that adafactor chooses; leave learningRate out`,
    );
  return namedChain(owner, {
    moments: scaleByFactoredRms(rest),
    clip: clipByRms(clipThreshold),
    step: adafactorStep(owner, {
      learningRate: learningRate ?? relativeStep({ warmupInit }),
      scaleParameter,
      minimumScale,
      beta1,
      weightDecay,
      weightDecayMask,
    }),
  });
}
