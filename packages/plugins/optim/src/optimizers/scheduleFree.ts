import { checkOptions, wholeNumber } from '@core/registry/checks';
import { hyper } from '../checks.js';
import { namedChain } from '../compose/chain.js';
import { ranges } from '../hyperparameters.js';
import { addDecayedWeights, type AddDecayedWeightsState } from '../transforms/addDecayedWeights.js';
import { scaleByRms, type ScaleByRmsState } from '../transforms/scaleByRms.js';
import {
  inside,
  scheduleFree,
  type ScheduleFreeOptions,
  type ScheduleFreeState,
} from '../transforms/scheduleFree.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import { rateRules } from './momentsChain.js';

/** `scheduleFree`'s options (momentum, warmupSteps, averagePower, ratePower), and: */
export interface ScheduleFreeSgdOptions extends Omit<ScheduleFreeOptions, 'learningRate'> {
  /** γ; the authors advise 10 to 50 times that of SGD with a schedule. At least 0. Default 1. */
  readonly learningRate?: Hyperparameter;
  /** λ, added to the gradient as λ y. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

/** `scheduleFree`'s options without momentum (warmupSteps, averagePower, ratePower), and: */
export interface ScheduleFreeAdamwOptions extends Omit<ScheduleFreeOptions, 'learningRate' | 'momentum'> {
  /** γ; the authors advise 1 to 10 times that of AdamW with a schedule. At least 0. Default 2.5e-3. */
  readonly learningRate?: Hyperparameter;
  /** β₁, `scheduleFree`'s momentum, under which name the state has it. Greater than 0, below 1. Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** β₂, `scaleByRms`' alpha, under which name the state has it. In [0, 1). Default 0.999. */
  readonly beta2?: Hyperparameter;
  /** ε, added to the root after its bias correction. At least 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
  /** λ, added to the direction as λ y. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
}

export type ScheduleFreeSgdState = {
  readonly decay?: AddDecayedWeightsState;
  readonly average: ScheduleFreeState;
};

export type ScheduleFreeAdamwState = {
  readonly moments: ScaleByRmsState;
  readonly decay?: AddDecayedWeightsState;
  readonly average: ScheduleFreeState;
};

const averaging = {
  warmupSteps: wholeNumber,
  averagePower: hyper(ranges.averagePower),
  ratePower: hyper(ranges.ratePower),
};

/**
 * Schedule-free SGD: as good as with the best schedule, without knowing when training ends. Evaluate with
 * `evaluationParams(state, params)`.
 *
 *     z ← z - γ (g + λ y),   x ← (1 - c) x + c z,   y ← (1 - β) z + β x          c: see `scheduleFree`
 *
 * State: one array per parameter (z).
 * Source: Defazio et al. 2024 (arXiv:2405.15682); facebookresearch/schedule_free (SGDScheduleFree), with its defaults.
 *
 * @throws ArgumentError
 */
export function scheduleFreeSgd(options: ScheduleFreeSgdOptions = {}): Optimizer<ScheduleFreeSgdState> {
  const owner = 'scheduleFreeSgd';
  checkOptions(owner, options, { ...rateRules, momentum: hyper(inside), ...averaging });
  const { learningRate = 1, weightDecay = 0, weightDecayMask = true, ...rest } = options;
  return namedChain(owner, {
    ...(weightDecay === 0 ? {} : { decay: addDecayedWeights(weightDecay, weightDecayMask) }),
    average: scheduleFree({ ...rest, learningRate }),
  });
}

/**
 * Schedule-free AdamW: as good as with the best schedule, without knowing when training ends. Evaluate with
 * `evaluationParams(state, params)`.
 *
 *     v ← β₂ v + (1 - β₂) g²,   u = g / (√(v / (1 - β₂ᵗ)) + ε) + λ y
 *     z ← z - γ u,   x ← (1 - c) x + c z,   y ← (1 - β₁) z + β₁ x                c: see `scheduleFree`
 *
 * State: two arrays per parameter (v, z), as AdamW.
 * Source: Defazio et al. 2024 (arXiv:2405.15682), algorithm 1; facebookresearch/schedule_free 1.3 and later
 * (AdamWScheduleFree), with its defaults. Before, and in the paper, the bias correction was a factor √(1 - β₂ᵗ) of the rate,
 * and of the average's weights.
 *
 * @throws ArgumentError
 */
export function scheduleFreeAdamw(options: ScheduleFreeAdamwOptions = {}): Optimizer<ScheduleFreeAdamwState> {
  const owner = 'scheduleFreeAdamw';
  checkOptions(owner, options, {
    ...rateRules,
    beta1: hyper(inside),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    ...averaging,
  });
  const { learningRate = 2.5e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, ...others } = options;
  const { weightDecay = 0, weightDecayMask = true, ...rest } = others;
  return namedChain(owner, {
    moments: scaleByRms({ alpha: beta2, epsilon, biasCorrection: true }),
    ...(weightDecay === 0 ? {} : { decay: addDecayedWeights(weightDecay, weightDecayMask) }),
    average: scheduleFree({ ...rest, learningRate, momentum: beta1 }),
  });
}
