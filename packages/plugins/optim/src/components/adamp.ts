import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { adamp } from '../optimizers/adamp.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'adamp'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return adamp({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
