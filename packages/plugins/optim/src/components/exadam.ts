import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { exadam } from '../optimizers/exadam.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'exadam'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return exadam({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
