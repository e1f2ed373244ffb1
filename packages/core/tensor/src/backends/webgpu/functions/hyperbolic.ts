import { divide, squareRoot } from './division.js';
import { exp, exponential } from './exponential.js';
import type { WgslFunction } from './function.js';
import { log, log1p } from './logarithm.js';
import { bitsOf, isNaN, polynomial, replace, withSign } from './numbers.js';

/** (tanh x - x) / x³ in powers of x² for |x| <= 0.55, Chebyshev interpolation. */
const tanhSeries = [-0.3333333, 0.13333112, -0.053909164, 0.021307757, -0.0066071595];

/** 1 - 2 / (1 + e^(2|x|)), a series where |x| is small. Measured: within 1.5 ulp. */
export const tanh: WgslFunction = {
  name: 'tanh_',
  uses: [exp, divide, isNaN, replace, withSign],
  code: `fn tanh_(x: f32) -> f32 {
  let size = abs(x);
  let large = 1.0 - divide(2.0, 1.0 + exp_(2.0 * min(size, 20.0)));
  let z = size * size;
  let small = fma(z * size, ${polynomial('z', tanhSeries)}, size);
  return replace(with_sign(select(large, small, size < 0.55), x), is_nan(x), ${bitsOf.nan});
}`,
};

/** (sinh x - x) / x³ in powers of x² for |x| <= 1: minimax in the relative error of the sine. */
const sinhSeries = [0.16666667, 0.0083333105, 0.00019842896, 2.7822132e-6];

/** h - 1 / 4h with h = e^|x| / 2, a series where |x| is small. Measured: within 1.6 ulp. */
export const sinh: WgslFunction = {
  name: 'sinh_',
  uses: [exponential, isNaN, replace, withSign],
  code: `fn sinh_(x: f32) -> f32 {
  let size = abs(x);
  let h = exponential(min(size, 90.0), 0.0, 0.5);
  let large = h - 0.25 / h;
  let z = size * size;
  let small = fma(z * size, ${polynomial('z', sinhSeries)}, size);
  return replace(with_sign(select(large, small, size < 1.0), x), is_nan(x), ${bitsOf.nan});
}`,
};

/** h + 1 / 4h with h = e^|x| / 2. Measured: within 1.2 ulp. */
export const cosh: WgslFunction = {
  name: 'cosh_',
  uses: [exponential, isNaN, replace],
  code: `fn cosh_(x: f32) -> f32 {
  let h = exponential(min(abs(x), 90.0), 0.0, 0.5);
  return replace(h + 0.25 / h, is_nan(x), ${bitsOf.nan});
}`,
};

/** log(2x) from 2^14 on, where x² + 1 and x² - 1 are x², else log(1 + other). */
const areaLogarithm: WgslFunction = {
  name: 'area_logarithm',
  uses: [log1p, log],
  code: `fn area_logarithm(x: f32, other: f32) -> f32 {
  if (abs(x) < 16384.0) { return log1p_(other); }
  var split = split_number(x);
  split.k += 1.0;
  return logarithm_ends(x, logarithm_of_split(split));
}`,
};

/** log(1 + |x| + x² / (1 + √(1 + x²))). Measured: within 1.8 ulp. */
export const asinh: WgslFunction = {
  name: 'asinh_',
  uses: [areaLogarithm, divide, squareRoot, withSign],
  code: `fn asinh_(x: f32) -> f32 {
  let size = abs(x);
  let square = size * size;
  let other = size + divide(square, 1.0 + square_root(1.0 + square));
  return with_sign(area_logarithm(size, other), x);
}`,
};

/** log(1 + t + √(2t + t²)) with t = x - 1; NaN below 1. Measured: within 2.2 ulp. */
export const acosh: WgslFunction = {
  name: 'acosh_',
  uses: [areaLogarithm, squareRoot, replace],
  code: `fn acosh_(x: f32) -> f32 {
  let t = x - 1.0;
  let y = area_logarithm(x, t + square_root(fma(t, t, 2.0 * t)));
  return replace(y, x < 1.0, ${bitsOf.nan});
}`,
};

/** log(1 + 2|x| / (1 - |x|)) / 2. Measured: within 2.1 ulp. */
export const atanh: WgslFunction = {
  name: 'atanh_',
  uses: [log1p, divide, replace, withSign],
  code: `fn atanh_(x: f32) -> f32 {
  let size = abs(x);
  let y = with_sign(0.5 * log1p_(divide(2.0 * size, 1.0 - size)), x);
  let bits = bitcast<u32>(size);
  let end = (bitcast<u32>(x) & 0x80000000u) | ${bitsOf.infinity};
  return replace(replace(y, bits == 0x3f800000u, end), bits > 0x3f800000u, ${bitsOf.nan});
}`,
};
