import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { shampoo } from '../optimizers/shampoo.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'shampoo'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return shampoo({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
