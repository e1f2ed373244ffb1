import { atLeastOne, checkOptions, checkRequired, finite, fraction, positive } from '@core/registry/checks';
import type { Schedule } from '../types.js';
import { schedule } from './arithmetic.js';

export interface CosineOptions {
  /** First value. */
  readonly from: number;
  /** Steps to the last value, at least 1. */
  readonly steps: number;
  /** Last value as a share of the first. In [0, 1]. Default 0. */
  readonly alpha?: number;
  /** Exponent of the cosine part. Greater than 0. Default 1. */
  readonly exponent?: number;
}

/**
 * Half a cosine wave down, then constant: from · ((1 - alpha) · (½ (1 + cos(π min(t / steps, 1))))^exponent + alpha).
 *
 * Source: Loshchilov & Hutter 2017 (arXiv:1608.03983), eq. 5, without restarts; torch's CosineAnnealingLR has eta_min in
 * place of from · alpha.
 */
export function cosine(options: CosineOptions): Schedule {
  checkOptions('cosine', options, { from: finite, steps: atLeastOne, alpha: fraction, exponent: positive });
  checkRequired('cosine', options, ['from', 'steps']);
  const { from, steps, alpha = 0, exponent = 1 } = options;
  return schedule('cosine', (count, math) => {
    const angle = math.mul(math.min(math.div(count, steps), 1), Math.PI);
    const wave = math.mul(math.add(math.cos(angle), 1), 0.5);
    const part = exponent === 1 ? wave : math.pow(wave, exponent);
    return math.mul(math.add(math.mul(part, 1 - alpha), alpha), from);
  });
}
