import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { mfac } from '../optimizers/mfac.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'mfac'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return mfac({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
