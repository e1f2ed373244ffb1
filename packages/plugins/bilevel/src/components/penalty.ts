import type { Context } from '@core/registry';
import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import { penaltyBilevel, type PenaltyBilevelState } from '../solvers/penaltyBilevel.js';
import type { BilevelSolver } from '../solvers/shared.js';
import { resolved } from './resolve.js';

export async function create(
  config: Config<'penalty'>,
  context: Context,
): Promise<BilevelSolver<Tree, Tree, unknown, PenaltyBilevelState<Tree, Tree>>> {
  return penaltyBilevel({ rho: Infinity, ...(await resolved(config, context)) });
}
