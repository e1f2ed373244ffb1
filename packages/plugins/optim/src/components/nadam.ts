import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { nadam } from '../optimizers/nadam.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'nadam'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return nadam({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
