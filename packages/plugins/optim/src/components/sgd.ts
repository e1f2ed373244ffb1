import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { sgd } from '../optimizers/sgd.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'sgd'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return sgd({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
