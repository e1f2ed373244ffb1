import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import type { BilevelSolver, BilevelState } from '../solvers/shared.js';
import { bome } from '../solvers/bome.js';

export function create(config: Config<'bome'>): BilevelSolver<Tree, Tree, unknown, BilevelState<Tree, Tree>> {
  return bome(config);
}
