import type { z } from 'zod';
import { hyperCleaning, multiBlockAuc, svm, weightDecay } from './configs/experiments.js';
import { bip, magnitudePruning, pruning } from './configs/pruning.js';
import { bome, bsvrb, f2sa, loop, lvHba, penalty, powerLaw, stocBiO } from './configs/solvers.js';
import { notears, structureLearning, topo } from './configs/structure.js';

/* Options of the components, as recipes write them: JSON, so functions and tensors are missing here. */

export const configs = {
  loop,
  stocBiO,
  f2sa,
  bome,
  lvHba,
  penalty,
  bsvrb,
  topo,
  notears,
  structureLearning,
  bip,
  magnitudePruning,
  pruning,
  powerLaw,
  multiBlockAuc,
  hyperCleaning,
  weightDecay,
  svm,
};

/** A component's options, defaults filled in. */
export type Config<K extends keyof typeof configs> = z.output<(typeof configs)[K]>;
