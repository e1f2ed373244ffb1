import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { sgdp } from '../optimizers/sgdp.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'sgdp'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return sgdp({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
