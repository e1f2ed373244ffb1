import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { muon } from '../optimizers/muon.js';
import type { Optimizer } from '../types.js';
import { withSchedules } from './resolve.js';

export async function create({ others, ...config }: Config<'muon'>, context: Context): Promise<Optimizer> {
  const options = await withSchedules(config, context);
  return muon({ ...options, others: await context.use(others, 'optimizer') });
}
