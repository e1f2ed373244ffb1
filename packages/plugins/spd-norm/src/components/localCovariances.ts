import type { Context, Dataset } from '@core/registry';
import type { Config } from '../configs.js';
import { localCovariances } from '../datasets/localCovariances.js';

export async function create(
  { dataset, windowSize, ...options }: Config<'localCovariances'>,
  context: Context,
): Promise<Dataset> {
  const pictures = await context.use(dataset, 'dataset');
  return localCovariances(pictures, { ...options, ...(windowSize === undefined ? {} : { windowSize }) });
}
