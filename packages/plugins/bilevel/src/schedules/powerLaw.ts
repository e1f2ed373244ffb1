import type { Schedule } from '@core/registry';
import { checkOptions, checkRequired, finite, positive } from '@core/registry/checks';
import { backendInfo, type Tensor } from '@core/tensor';

export interface PowerLawOptions {
  /** At step 0. */
  readonly value: number;
  /** p; negative ones grow. */
  readonly exponent: number;
  /** k₀, the steps before it begins to fall. Greater than 0. Default 1. */
  readonly offset?: number;
}

/**
 * value · (1 + k/k₀)^-p: what the theory of stochastic bilevel methods asks of their rates, such as k^(-1/3) for BSVRB's steps.
 *
 * @throws ArgumentError for options
 */
export function powerLaw(options: PowerLawOptions): Schedule {
  const owner = 'powerLaw';
  checkOptions(owner, options, { value: finite, exponent: finite, offset: positive });
  checkRequired(owner, options, ['value', 'exponent']);
  const { value, exponent, offset = 1 } = options;
  return (count: Tensor | number): Tensor | number => {
    if (typeof count === 'number') return value * (1 + count / offset) ** -exponent;
    const dtype = backendInfo().dtypes.includes('float64') ? 'float64' : 'float32';
    return count.cast(dtype).div(offset).add(1).pow(-exponent).mul(value);
  };
}
