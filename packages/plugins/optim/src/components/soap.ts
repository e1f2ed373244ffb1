import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { soap } from '../optimizers/soap.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

export async function create(config: Config<'soap'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, shampooBeta, ...options } = await withSchedules(config, context);
  const own = shampooBeta === null ? {} : { shampooBeta };
  return soap({ ...options, ...own, weightDecayMask: decayMask(weightDecayOn) });
}
