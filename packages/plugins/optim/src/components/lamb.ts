import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { lamb } from '../optimizers/lamb.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'lamb'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, adaptationOn, ...options } = await withSchedules(config, context);
  return lamb({
    ...options,
    weightDecayMask: decayMask(weightDecayOn),
    adaptationMask: decayMask(adaptationOn),
  });
}
