import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { adabelief } from '../optimizers/adabelief.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'adabelief'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return adabelief({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
