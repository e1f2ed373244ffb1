import type { ScaleByLionState } from '../transforms/scaleByLion.js';
import type { MomentsState } from './momentsChain.js';

/** The state of `lion` and of `lionK`. */
export type LionState = MomentsState<ScaleByLionState>;
