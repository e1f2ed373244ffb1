import type { Context } from '@core/registry';
import type { Tensor } from '@core/tensor';
import type { Config } from '../configs.js';
import { saga, type SagaState } from '../solvers/saga.js';
import type { FiniteSumSolver } from '../solvers/finiteSum.js';
import { withSchedules, withoutNulls } from './resolve.js';

export async function create(
  config: Config<'saga'>,
  context: Context,
): Promise<FiniteSumSolver<Tensor, SagaState>> {
  return saga(withoutNulls(await withSchedules(config, context)));
}
