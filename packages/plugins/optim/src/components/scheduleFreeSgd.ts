import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { scheduleFreeSgd } from '../optimizers/scheduleFree.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'scheduleFreeSgd'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return scheduleFreeSgd({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
