import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { adadelta } from '../optimizers/adadelta.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'adadelta'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, ...options } = await withSchedules(config, context);
  return adadelta({ ...options, weightDecayMask: decayMask(weightDecayOn) });
}
