import type { Normalization } from '@core/registry';
import type { Config } from '../configs.js';
import { lieBatchNorm } from '../layers/lieBatchNorm.js';
import { asNormalization } from './normalization.js';

export function create({ dtype, ...options }: Config<'lieBatchNorm'>): Normalization {
  return asNormalization(lieBatchNorm(options), dtype);
}
