import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { adafactor } from '../optimizers/adafactor.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'adafactor'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, learningRate, ...options } = await withSchedules(config, context);
  return adafactor({
    ...options,
    ...(learningRate === null ? {} : { learningRate }),
    weightDecayMask: decayMask(weightDecayOn),
  });
}
