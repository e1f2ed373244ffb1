import { checkOptions, flag } from '@core/registry/checks';
import type { Schedule } from '../types.js';
import { schedule } from './arithmetic.js';

export interface RelativeStepOptions {
  /** Rise from 1e-6 by 1e-6 at each step, in place of beginning at 1e-2. Default false. */
  readonly warmupInit?: boolean;
}

/**
 * Adafactor's own rate: min(1e-2, 1 / √t), with warmupInit min(1e-6 t, 1 / √t); t is 1 at the first update.
 *
 * Source: Shazeer & Stern 2018 (arXiv:1804.04235), section 8 and appendix; fairseq's and transformers' `relative_step`.
 */
export function relativeStep(options: RelativeStepOptions = {}): Schedule {
  checkOptions('relativeStep', options, { warmupInit: flag });
  const { warmupInit = false } = options;
  return schedule('relativeStep', (count, math) => {
    const t = math.add(count, 1);
    return math.min(math.pow(t, -0.5), warmupInit ? math.mul(t, 1e-6) : 1e-2);
  });
}
