import { divide } from './division.js';
import type { WgslFunction } from './function.js';
import {
  bitsOf,
  exactSum,
  isNaN,
  literal,
  polynomial,
  powerOfTwo,
  replace,
  scale,
  withSign,
} from './numbers.js';

/** ln 2: n times the first part is exact for all exponents n; then what is left of it (Cody and Waite). */
export const ln2Parts = [0.693359375, -0.00021219444005469057] as const;

/** (e^r - 1 - r) / r² for |r| <= ln(2) / 2, Chebyshev interpolation. */
const series = [0.5, 0.16666576, 0.041666552, 0.008363233, 0.001392625];

/** x + tail = n ln 2 + r with |r| <= ln(2) / 2, and the rest of e^r - 1 = r + rest. */
const reduced: WgslFunction = {
  name: 'reduce_exponent',
  uses: [exactSum],
  code: `struct Exponent { n: i32, r: f32, rest: f32 }
fn reduce_exponent(x: f32, tail: f32) -> Exponent {
  let n = round(x * ${literal(Math.LOG2E)});
  let most = fma(n, ${literal(-ln2Parts[0])}, x);
  let r = exact_sum(most, fma(n, ${literal(-ln2Parts[1])}, tail), hidden_one(x));
  return Exponent(i32(n), r.value, fma(r.value * r.value, ${polynomial('r.value', series)}, r.rest));
}`,
};

/** factor e^(x + tail) for |x| up to 150, a small tail and a factor near 1 (2^±50). */
export const exponential: WgslFunction = {
  name: 'exponential',
  uses: [reduced, exactSum, scale],
  code: `fn exponential(x: f32, tail: f32, factor: f32) -> f32 {
  let e = reduce_exponent(x, tail);
  let most = exact_sum(1.0, e.r, hidden_one(x));
  return scale(factor * (most.value + (most.rest + e.rest)), e.n);
}`,
};

/** Measured: within 0.73 ulp. */
export const exp: WgslFunction = {
  name: 'exp_',
  uses: [exponential, isNaN, replace],
  code: `fn exp_(x: f32) -> f32 {
  let y = exponential(clamp(x, -105.0, 90.0), 0.0, 1.0);
  return replace(y, is_nan(x), ${bitsOf.nan});
}`,
};

/**
 * e^x - 1 = 2^n (e^r - 1) + (2^n - 1), half of it first, since 2^n may be out of range where the result is not. Measured:
 * within 1.9 ulp.
 */
export const expm1: WgslFunction = {
  name: 'expm1_',
  uses: [reduced, powerOfTwo, isNaN, replace, withSign],
  code: `fn expm1_(x: f32) -> f32 {
  let e = reduce_exponent(clamp(x, -20.0, 88.9), 0.0);
  let minus_one = e.r + e.rest;
  let half = power_of_two(e.n - 1);
  let y = fma(half, minus_one, half - 0.5);
  let large = replace(y + y, x > 88.8, ${bitsOf.infinity});
  return replace(with_sign(select(large, minus_one, e.n == 0), x), is_nan(x), ${bitsOf.nan});
}`,
};

/** 1 / (1 + e^-x), with all digits in the left tail. Measured: within 2.3 ulp. */
export const sigmoid: WgslFunction = {
  name: 'sigmoid_',
  uses: [exp, divide],
  code: `fn sigmoid_(x: f32) -> f32 {
  let e = exp_(-abs(x));
  return divide(select(e, 1.0, x >= 0.0), 1.0 + e);
}`,
};
