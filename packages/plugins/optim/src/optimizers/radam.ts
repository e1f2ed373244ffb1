import { checkOptions, flag } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { ranges } from '../hyperparameters.js';
import {
  scaleByRadam,
  type ScaleByRadamOptions,
  type ScaleByRadamState,
} from '../transforms/scaleByRadam.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import { momentsChain, rateRules, type MomentsState } from './momentsChain.js';

/** `scaleByRadam`'s options (beta1, beta2, epsilon, degeneratedToSgd), and: */
export interface RadamOptions extends ScaleByRadamOptions {
  /** α. At least 0. Default 1e-3. */
  readonly learningRate?: Hyperparameter;
  /** λ, added to the gradient as λ w. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
  /** Decoupled decay, w ← w (1 - α λ), in place of L2. Default false. */
  readonly weightDecouple?: boolean;
}

export type RadamState = MomentsState<ScaleByRadamState>;

/**
 * RAdam: Adam that warms up by itself. Steps are adaptive only once enough gradients were seen, and are rectified for the
 * variance of the second moment.
 *
 *     w ← w - α r m̂ / (√v / √(1 - β₂ᵗ) + ε / √(1 - β₂ᵗ))          in the first five steps w ← w - α m̂
 *
 * State: two arrays per parameter (m, v).
 * Source: Liu et al. 2020 (arXiv:1908.03265), algorithm 2; as torch.optim.RAdam, with its defaults. The authors' code is
 * `{ weightDecouple: true, degeneratedToSgd: false }`, except that it does not decay in the steps that it leaves out.
 *
 * @throws ArgumentError
 */
export function radam(options: RadamOptions = {}): Optimizer<RadamState> {
  checkOptions('radam', options, {
    ...rateRules,
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    degeneratedToSgd: flag,
    weightDecouple: flag,
  });
  const { learningRate = 1e-3, weightDecay, weightDecayMask, weightDecouple = false, ...rest } = options;
  return momentsChain('radam', scaleByRadam(rest), {
    learningRate,
    weightDecay,
    weightDecayMask,
    decoupled: weightDecouple,
  });
}
