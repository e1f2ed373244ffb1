import { divide } from './division.js';
import { exponential } from './exponential.js';
import type { WgslFunction } from './function.js';
import { bitsOf, exactProduct, isNaN, literal, polynomial, replace, withSign } from './numbers.js';

/** erf(x) / x - 1 in powers of x² for |x| <= 1, Chebyshev interpolation. */
const smallSeries = [
  0.12837917, -0.37612626, 0.11283594, -0.026854211, 0.0051890872, -0.00080168643, 7.875875e-5,
];

/**
 * (1 + 2x) e^(x²) erfc(x) in powers of t = (x - 3.75) / (x + 3.75), the variable of M. M. Shepherd and J. G. Laframboise,
 * Math. Comp. 36 (1981), for x from 0.46 to 10.2: minimax.
 */
const tailSeries = [
  1.2375126, -0.1402406, 0.0035903736, 0.08227844, -0.108896516, 0.09223279, -0.058131017, 0.029027293, -0.01077617,
  1.0879405e-6,
]; // prettier-ignore

const small: WgslFunction = {
  name: 'small_erf',
  code: `fn small_erf(x: f32) -> f32 {
  let z = x * x;
  let y = fma(x, ${polynomial('z', smallSeries)}, x);
  return select(y, x * ${literal(2 / Math.sqrt(Math.PI))}, abs(x) < 1e-30); // whose parts may be subnormal
}`,
};

/** erfc(x) for x in the range of the series; e^(-x²) with the rounding error of x². */
const tail: WgslFunction = {
  name: 'erfc_tail',
  uses: [exponential, exactProduct, divide],
  code: `fn erfc_tail(x: f32) -> f32 {
  let t = divide(x - 3.75, x + 3.75);
  let factor = divide(${polynomial('t', tailSeries)}, fma(2.0, x, 1.0));
  let square = exact_product(x, x);
  return exponential(-square.value, -square.rest, factor);
}`,
};

/** Measured: within 1.4 ulp. */
export const erf: WgslFunction = {
  name: 'erf_',
  uses: [small, tail, isNaN, replace, withSign],
  code: `fn erf_(x: f32) -> f32 {
  let size = min(abs(x), 4.0); // beyond, the result is 1
  let y = select(1.0 - erfc_tail(size), small_erf(size), size < 1.0);
  return replace(with_sign(y, x), is_nan(x), ${bitsOf.nan});
}`,
};

/** Measured: within 3.7 ulp. */
export const erfc: WgslFunction = {
  name: 'erfc_',
  uses: [small, tail, isNaN, replace],
  code: `fn erfc_(x: f32) -> f32 {
  let size = min(abs(x), 10.2); // beyond, the result is 0 or 2
  let positive = erfc_tail(size);
  let far = select(positive, 2.0 - positive, x < 0.0);
  return replace(select(far, 1.0 - small_erf(x), size < 0.8), is_nan(x), ${bitsOf.nan});
}`,
};
