import { exp, ln2Parts } from './exponential.js';
import type { WgslFunction } from './function.js';
import { bitsOf, literal, polynomial, powerOfTwo, replace, withSign } from './numbers.js';

/** (log(1 + f) - f + f²/2) / f³ for 1 + f from √½ to √2: minimax in the relative error of the logarithm. */
export const series = [
  0.33333333, -0.2500082, 0.20001243, -0.1662341, 0.1420154, -0.1315955, 0.12762485, -0.076369405,
];

/**
 * k and f with x = 2^k (1 + f), 1 + f between √½ and √2, for positive finite x. Subnormal numbers are taken as the
 * integers that their bits are, so that they count even where the device's arithmetic has none.
 */
export const splitNumber: WgslFunction = {
  name: 'split_number',
  code: `struct Split { k: f32, f: f32 }
fn split_number(x: f32) -> Split {
  let bits = bitcast<u32>(x);
  let tiny = bits < 0x00800000u;
  let shifted = bitcast<i32>(select(bits, bitcast<u32>(f32(bits)), tiny)) - 0x3f3504f3;
  let k = f32(shifted >> 23u) - select(0.0, 149.0, tiny);
  return Split(k, bitcast<f32>((shifted & 0x007fffff) + 0x3f3504f3) - 1.0);
}`,
};

/** log(2^k (1 + f)) */
export const logarithmOfSplit: WgslFunction = {
  name: 'logarithm_of_split',
  uses: [splitNumber],
  code: `fn logarithm_of_split(x: Split) -> f32 {
  let f = x.f;
  let series = ${polynomial('f', [-0.5, ...series])};
  let small = fma(f * f, series, x.k * ${literal(ln2Parts[1])});
  return fma(x.k, ${literal(ln2Parts[0])}, f + small);
}`,
};

/** y where x is positive and finite; -infinity at 0, infinity at infinity, else NaN. */
const atEnds: WgslFunction = {
  name: 'logarithm_ends',
  code: `fn logarithm_ends(x: f32, y: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let beyond = select(bitcast<u32>(y), ${bitsOf.nan}, bits > 0x7f800000u);
  let ends = select(beyond, bits, bits == ${bitsOf.infinity});
  return bitcast<f32>(select(ends, ${bitsOf.minusInfinity}, (bits & 0x7fffffffu) == 0u));
}`,
};

/** Measured: within 0.9 ulp. */
export const log: WgslFunction = {
  name: 'log_',
  uses: [logarithmOfSplit, atEnds],
  code: 'fn log_(x: f32) -> f32 { return logarithm_ends(x, logarithm_of_split(split_number(x))); }',
};

/**
 * log(1 + x): the exponent k is that of the rounded sum, and f = 2^-k x + (2^-k - 1) is rounded only once. From 2^32 on,
 * 1 + x is x. Measured: within 1.5 ulp.
 */
export const log1p: WgslFunction = {
  name: 'log1p_',
  uses: [logarithmOfSplit, powerOfTwo, withSign, atEnds],
  code: `fn log1p_(x: f32) -> f32 {
  let sum = 1.0 + x;
  var split = split_number(sum);
  let factor = power_of_two(-clamp(i32(split.k), -32, 32));
  split.f = select(split.f, fma(x, factor, factor - 1.0), split.k < 32.0);
  return with_sign_of_small(logarithm_ends(sum, logarithm_of_split(split)), x);
}
fn with_sign_of_small(y: f32, x: f32) -> f32 { return select(y, with_sign(y, x), abs(x) < 0.5); } // -0 stays`,
};

/** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). Measured: within 1.8 ulp. */
export const softplus: WgslFunction = {
  name: 'softplus_',
  uses: [exp, log1p, replace],
  code: `fn softplus_(x: f32) -> f32 {
  let y = max(x, 0.0) + log1p_(exp_(-abs(x)));
  let bits = bitcast<u32>(x);
  return replace(y, (bits & 0x7fffffffu) > 0x7f800000u, bits);
}`,
};
