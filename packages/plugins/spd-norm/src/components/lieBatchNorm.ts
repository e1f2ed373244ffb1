import type { Context, Normalization } from '@core/registry';
import type { Config } from '../configs.js';
import { lieBatchNorm } from '../layers/lieBatchNorm.js';
import { asNormalization, momentumFrom } from './normalization.js';

export async function create(
  { dtype, momentum, ...options }: Config<'lieBatchNorm'>,
  context: Context,
): Promise<Normalization> {
  return asNormalization(
    lieBatchNorm({ ...options, momentum: await momentumFrom(momentum, context) }),
    dtype,
  );
}
