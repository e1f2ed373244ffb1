import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { lion } from '../optimizers/lion.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'lion'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return lion({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
