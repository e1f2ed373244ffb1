import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { adam } from '../optimizers/adam.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'adam'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return adam({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
