import type { AddDecayedWeightsState } from '../transforms/addDecayedWeights.js';
import type { ScaleByLearningRateState } from '../transforms/scale.js';
import type { ScaleByLionState } from '../transforms/scaleByLion.js';

/** The state of `lion` and of `lionK`. */
export type LionState = {
  readonly moments: ScaleByLionState;
  readonly decay?: AddDecayedWeightsState;
  readonly rate: ScaleByLearningRateState;
};
