import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import { f2sa, type F2saState } from '../solvers/f2sa.js';
import type { BilevelSolver } from '../solvers/shared.js';

export function create(config: Config<'f2sa'>): BilevelSolver<Tree, Tree, unknown, F2saState<Tree, Tree>> {
  return f2sa(config);
}
