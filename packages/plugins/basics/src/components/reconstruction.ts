import type { Context, Dataset } from '@core/registry';
import type { Config } from '../configs.js';
import { reconstruction } from '../datasets/reconstruction.js';

export async function create({ dataset }: Config<'reconstruction'>, context: Context): Promise<Dataset> {
  return reconstruction(await context.use(dataset, 'dataset'));
}
