import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { adamax } from '../optimizers/adamax.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'adamax'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return adamax({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
