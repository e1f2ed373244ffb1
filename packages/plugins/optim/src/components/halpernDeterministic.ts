import type { Context } from '@core/registry';
import type { Tensor } from '@core/tensor';
import type { Config } from '../configs.js';
import { halpernDeterministic, type HalpernDeterministicState } from '../solvers/halpernDeterministic.js';
import type { FiniteSumSolver } from '../solvers/finiteSum.js';
import { withSchedules, withoutNulls } from './resolve.js';

export async function create(
  config: Config<'halpernDeterministic'>,
  context: Context,
): Promise<FiniteSumSolver<Tensor, HalpernDeterministicState>> {
  return halpernDeterministic(withoutNulls(await withSchedules(config, context)));
}
