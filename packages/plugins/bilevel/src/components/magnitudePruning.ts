import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import { magnitudePruning } from '../pruning/magnitude.js';
import type { PruningSolver, PruningState } from '../pruning/solver.js';

export function create(config: Config<'magnitudePruning'>): PruningSolver<Tree, unknown, PruningState<Tree>> {
  return magnitudePruning(config);
}
