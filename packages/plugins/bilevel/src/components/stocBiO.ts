import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import type { BilevelSolver, BilevelState } from '../solvers/shared.js';
import { stocBiO } from '../solvers/stocBiO.js';

export function create(
  config: Config<'stocBiO'>,
): BilevelSolver<Tree, Tree, unknown, BilevelState<Tree, Tree>> {
  return stocBiO(config);
}
