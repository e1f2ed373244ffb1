import type { Context } from '@core/registry';
import type { Tensor } from '@core/tensor';
import type { Config } from '../configs.js';
import { halpernLipschitz, type HalpernLipschitzState } from '../solvers/halpernLipschitz.js';
import type { FiniteSumSolver } from '../solvers/finiteSum.js';
import { withSchedules, withoutNulls } from './resolve.js';

export async function create(
  config: Config<'halpernLipschitz'>,
  context: Context,
): Promise<FiniteSumSolver<Tensor, HalpernLipschitzState>> {
  return halpernLipschitz(withoutNulls(await withSchedules(config, context)));
}
