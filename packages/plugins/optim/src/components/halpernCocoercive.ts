import type { Context } from '@core/registry';
import type { Tensor } from '@core/tensor';
import type { Config } from '../configs.js';
import { halpernCocoercive, type HalpernCocoerciveState } from '../solvers/halpernCocoercive.js';
import type { FiniteSumSolver } from '../solvers/finiteSum.js';
import { withSchedules, withoutNulls } from './resolve.js';

export async function create(
  config: Config<'halpernCocoercive'>,
  context: Context,
): Promise<FiniteSumSolver<Tensor, HalpernCocoerciveState>> {
  return halpernCocoercive(withoutNulls(await withSchedules(config, context)));
}
