import type { Context } from '@core/registry';
import type { Tensor } from '@core/tensor';
import type { Config } from '../configs.js';
import { svrg, type SvrgState } from '../solvers/svrg.js';
import type { FiniteSumSolver } from '../solvers/finiteSum.js';
import { withSchedules, withoutNulls } from './resolve.js';

export async function create(
  config: Config<'svrg'>,
  context: Context,
): Promise<FiniteSumSolver<Tensor, SvrgState>> {
  return svrg(withoutNulls(await withSchedules(config, context)));
}
