import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { adagrad } from '../optimizers/adagrad.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'adagrad'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return adagrad({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
