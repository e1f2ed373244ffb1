import type { Context } from '@core/registry';
import type { Tensor } from '@core/tensor';
import type { Config } from '../configs.js';
import { lbfgs, type LbfgsState } from '../solvers/lbfgs.js';
import type { FiniteSumSolver } from '../solvers/finiteSum.js';
import { withSchedules } from './resolve.js';

export async function create(
  config: Config<'lbfgs'>,
  context: Context,
): Promise<FiniteSumSolver<Tensor, LbfgsState>> {
  return lbfgs(await withSchedules(config, context));
}
