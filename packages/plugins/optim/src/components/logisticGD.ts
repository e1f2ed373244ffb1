import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { logisticGD, type LogisticGDState } from '../solvers/logisticGD.js';
import type { SeparationSolver } from '../solvers/separation.js';
import { withSchedules } from './resolve.js';

export async function create(
  config: Config<'logisticGD'>,
  context: Context,
): Promise<SeparationSolver<LogisticGDState>> {
  return logisticGD(await withSchedules(config, context));
}
