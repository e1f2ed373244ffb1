import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import { penaltyBilevel, type PenaltyBilevelState } from '../solvers/penaltyBilevel.js';
import type { BilevelSolver } from '../solvers/shared.js';

export function create({
  alpha,
  rho,
  ...others
}: Config<'penalty'>): BilevelSolver<Tree, Tree, unknown, PenaltyBilevelState<Tree, Tree>> {
  return penaltyBilevel({ ...others, rho: rho ?? Infinity, ...(alpha === null ? {} : { alpha }) });
}
