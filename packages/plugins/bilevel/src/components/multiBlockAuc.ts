import type { Context, Experiment } from '@core/registry';
import type { Config } from '../configs.js';
import { multiBlockAuc } from '../experiments/multiBlockAuc.js';

export async function create(
  { dataset, ...options }: Config<'multiBlockAuc'>,
  context: Context,
): Promise<Experiment> {
  return multiBlockAuc({ ...options, dataset: await context.use(dataset, 'dataset') });
}
