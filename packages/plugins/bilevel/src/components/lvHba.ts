import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import { lvHba, type LvHbaState } from '../solvers/lvHba.js';
import type { BilevelSolver } from '../solvers/shared.js';

export function create(config: Config<'lvHba'>): BilevelSolver<Tree, Tree, unknown, LvHbaState<Tree, Tree>> {
  return lvHba(config);
}
