import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { radam } from '../optimizers/radam.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'radam'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return radam({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
