import type { Context } from '@core/registry';
import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import { f2sa, type F2saState } from '../solvers/f2sa.js';
import type { BilevelSolver } from '../solvers/shared.js';
import { resolved } from './resolve.js';

export async function create(
  config: Config<'f2sa'>,
  context: Context,
): Promise<BilevelSolver<Tree, Tree, unknown, F2saState<Tree, Tree>>> {
  return f2sa(await resolved(config, context));
}
