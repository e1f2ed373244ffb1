import type { Tensor } from '@core/tensor';
import { expFunction, logFunction, rawPower } from './functions.js';
import { eigenOf } from './spectral.js';
import { constant } from './support.js';

/**
 * x^exponent of SPD matrices [..., n, n] without looking at them, for an exponent that may be a tensor [], traced and differentiated.
 *
 * As a tensor it is exp(θ log x) from one decomposition: the derivative in θ is x^θ log x, those in x and of higher order are the
 * exact ones of the two functions.
 */
export function tracedPower(x: Tensor, exponent: number | Tensor): Tensor {
  if (typeof exponent === 'number') return rawPower(x, exponent);
  const eigen = eigenOf(x);
  const values = eigen.values.log().mul(constant(exponent));
  return expFunction.value(logFunction.value(x, eigen).mul(exponent), { ...eigen, values });
}
