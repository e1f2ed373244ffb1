import type { Context } from '@core/registry';
import type { Tensor } from '@core/tensor';
import type { Config } from '../configs.js';
import { extraAnchoredGradient, type ExtragradientState } from '../solvers/extragradient.js';
import type { FiniteSumSolver } from '../solvers/finiteSum.js';
import { withSchedules, withoutNulls } from './resolve.js';

export async function create(
  config: Config<'extraAnchoredGradient'>,
  context: Context,
): Promise<FiniteSumSolver<Tensor, ExtragradientState>> {
  return extraAnchoredGradient(withoutNulls(await withSchedules(config, context)));
}
