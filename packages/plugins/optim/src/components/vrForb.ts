import type { Context } from '@core/registry';
import type { Tensor } from '@core/tensor';
import type { Config } from '../configs.js';
import { vrForb, type VrForbState } from '../solvers/vrForb.js';
import type { FiniteSumSolver } from '../solvers/finiteSum.js';
import { withSchedules, withoutNulls } from './resolve.js';

export async function create(
  config: Config<'vrForb'>,
  context: Context,
): Promise<FiniteSumSolver<Tensor, VrForbState>> {
  return vrForb(withoutNulls(await withSchedules(config, context)));
}
