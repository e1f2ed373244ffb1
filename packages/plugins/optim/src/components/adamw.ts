import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { adamw } from '../optimizers/adamw.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'adamw'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return adamw({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
