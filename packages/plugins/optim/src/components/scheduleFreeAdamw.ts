import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { scheduleFreeAdamw } from '../optimizers/scheduleFree.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'scheduleFreeAdamw'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return scheduleFreeAdamw({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
