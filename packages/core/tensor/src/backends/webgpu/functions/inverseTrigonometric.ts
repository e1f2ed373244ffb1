import { divide, squareRoot } from './division.js';
import type { WgslFunction } from './function.js';
import { halfPi } from './largeAngle.js';
import { bitsOf, isNaN, literal, polynomial, replace, withSign } from './numbers.js';

/** (atan q - q) / q³ in powers of q² for |q| <= 1: minimax in the relative error of the arc. */
const tangentSeries = [
  -0.333333, 0.19998534, -0.14264102, 0.10951506, -0.08401582, 0.05792723, -0.031148937, 0.0108996965, -0.0017904058,
]; // prettier-ignore

/** (asin x - x) / x³ in powers of x² for |x| <= 1/2, likewise. */
const sineSeries = [0.1666666, 0.07500522, 0.044513352, 0.031839523, 0.014312174, 0.037702117];

/** quarters π/2 + x, for an x that is smaller unless quarters is 0. */
const turn: WgslFunction = {
  name: 'turn',
  code: `fn turn(quarters: f32, x: f32) -> f32 {
  return fma(quarters, ${literal(halfPi[0])}, fma(quarters, ${literal(halfPi[1])}, x));
}`,
};

/**
 * The angle of (x, y), from the quotient of the smaller size and the larger one; two infinities are equally large.
 * Measured: within 1.4 ulp.
 */
export const atan2: WgslFunction = {
  name: 'atan2_',
  uses: [divide, turn, isNaN, replace, withSign],
  code: `fn atan2_(y: f32, x: f32) -> f32 {
  let height = abs(y);
  let width = abs(x);
  let swapped = height > width;
  let larger = select(width, height, swapped);
  let smaller = select(height, width, swapped);
  let infinite = bitcast<u32>(smaller) == 0x7f800000u;
  let quotient = divide(smaller, select(larger, 1.0, larger == 0.0));
  let q = select(quotient, 1.0, infinite);
  let z = q * q;
  let arc = fma(z * q, ${polynomial('z', tangentSeries)}, q);
  let negative = bitcast<u32>(x) >= 0x80000000u;
  let quarters = select(select(0.0, 2.0, negative), 1.0, swapped);
  let angle = turn(quarters, select(arc, -arc, swapped != negative));
  return replace(with_sign(angle, y), is_nan(x) || is_nan(y), ${bitsOf.nan});
}`,
};

/** Measured: within 1.4 ulp. */
export const atan: WgslFunction = {
  name: 'atan_',
  uses: [atan2],
  code: 'fn atan_(x: f32) -> f32 { return atan2_(x, 1.0); }',
};

/** asin x of |x| <= 1/2; beyond, by the half angle: asin √((1 - |x|) / 2) is half of acos |x|. */
const arcOfSine: WgslFunction = {
  name: 'arc_of_sine',
  uses: [squareRoot],
  code: `fn arc_of_sine(size: f32) -> f32 {
  let near_one = 0.5 - 0.5 * size;
  let outer = size > 0.5;
  let x = select(size, square_root(near_one), outer);
  let z = select(size * size, near_one, outer);
  return fma(z * x, ${polynomial('z', sineSeries)}, x);
}`,
};

/** Measured: within 2.3 ulp. */
export const asin: WgslFunction = {
  name: 'asin_',
  uses: [arcOfSine, turn, replace, withSign],
  code: `fn asin_(x: f32) -> f32 {
  let arc = arc_of_sine(abs(x));
  let angle = select(arc, turn(1.0, -2.0 * arc), abs(x) > 0.5);
  return replace(with_sign(angle, x), (bitcast<u32>(x) & 0x7fffffffu) > 0x3f800000u, ${bitsOf.nan});
}`,
};

/** Measured: within 1.1 ulp. */
export const acos: WgslFunction = {
  name: 'acos_',
  uses: [arcOfSine, turn, replace, withSign],
  code: `fn acos_(x: f32) -> f32 {
  let size = abs(x);
  let arc = arc_of_sine(size);
  let outer = select(2.0 * arc, turn(2.0, -2.0 * arc), x < 0.0);
  let angle = select(turn(1.0, -with_sign(arc, x)), outer, size > 0.5);
  return replace(angle, (bitcast<u32>(x) & 0x7fffffffu) > 0x3f800000u, ${bitsOf.nan});
}`,
};
