import type { Rule } from '@core/registry/checks';
import { hyper, perLeaf } from '../checks.js';
import { namedChain } from '../compose/chain.js';
import { ranges } from '../hyperparameters.js';
import { addDecayedWeights, type AddDecayedWeightsState } from '../transforms/addDecayedWeights.js';
import { scaleByLearningRate, type ScaleByLearningRateState } from '../transforms/scale.js';
import type { Hyperparameter, Mask, Optimizer, Transform } from '../types.js';

/** What an optimizer does beside its moments. */
export interface RateOptions {
  readonly learningRate: Hyperparameter;
  readonly weightDecay?: Hyperparameter | undefined;
  readonly weightDecayMask?: Mask | undefined;
  /** Decay after the moments and not before them. */
  readonly decoupled: boolean;
}

export type MomentsState<M> = {
  readonly decay?: AddDecayedWeightsState;
  readonly moments: M;
  readonly rate: ScaleByLearningRateState;
};

/** The rules of the options that `momentsChain` is made from. */
export const rateRules = {
  learningRate: hyper(ranges.learningRate),
  weightDecay: hyper(ranges.weightDecay),
  weightDecayMask: perLeaf,
} satisfies Readonly<Record<string, Rule>>;

/** Moments, weight decay before or after them, and the rate. A decay of 0 is left out. */
export function momentsChain<M>(
  owner: string,
  moments: Transform<M>,
  { learningRate, weightDecay = 0, weightDecayMask = true, decoupled }: RateOptions,
): Optimizer<MomentsState<M>> {
  const rate = scaleByLearningRate(learningRate);
  if (weightDecay === 0) return namedChain(owner, { moments, rate });
  const decay = addDecayedWeights(weightDecay, weightDecayMask);
  return decoupled
    ? namedChain(owner, { moments, decay, rate })
    : namedChain(owner, { decay, moments, rate });
}
