import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { sophia } from '../optimizers/sophia.js';
import type { Optimizer } from '../types.js';
import { decayMask, withSchedules } from './resolve.js';

/** Nothing but gradients reaches an optimizer that a recipe names, so the curvature comes from them. */
export async function create(config: Config<'sophia'>, context: Context): Promise<Optimizer> {
  const { weightDecayOn, every, batchSize, ...options } = await withSchedules(config, context);
  return sophia({
    ...options,
    empirical: { every, batchSize },
    weightDecayMask: decayMask(weightDecayOn),
  });
}
