import type { Normalization } from '@core/registry';
import type { Config } from '../configs.js';
import { gbwBatchNorm } from '../layers/gbwBatchNorm.js';
import { asNormalization } from './normalization.js';

export function create({ dtype, ...options }: Config<'gbwBatchNorm'>): Normalization {
  return asNormalization(gbwBatchNorm(options), dtype);
}
