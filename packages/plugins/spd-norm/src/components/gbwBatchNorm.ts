import type { Context, Normalization } from '@core/registry';
import type { Config } from '../configs.js';
import { gbwBatchNorm } from '../layers/gbwBatchNorm.js';
import { asNormalization, momentumFrom } from './normalization.js';

export async function create(
  { dtype, momentum, ...options }: Config<'gbwBatchNorm'>,
  context: Context,
): Promise<Normalization> {
  return asNormalization(
    gbwBatchNorm({ ...options, momentum: await momentumFrom(momentum, context) }),
    dtype,
  );
}
