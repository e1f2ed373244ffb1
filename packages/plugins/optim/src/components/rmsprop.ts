import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { rmsprop } from '../optimizers/rmsprop.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'rmsprop'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return rmsprop({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
