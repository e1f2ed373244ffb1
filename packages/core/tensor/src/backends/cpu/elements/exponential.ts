import type { Code } from '../wasm/code.js';
import { floatRules } from './vectors.js';
import type { Vectors } from './vectors.js';

const parts = {
  float32: {
    /** Above it the exponential is infinite, below it 0 after rounding. */
    limits: [-104, 89],
    /** ln 2: n times the first part is exact for all exponents n; the second part is the rest (Cody and Waite). */
    ln2: [0.693359375, -0.00021219444005469057],
    /** (e^r - 1 - r) / r² for |r| <= ln(2) / 2, Chebyshev interpolation. */
    series: [0.5, 0.16666576, 0.041666552, 0.008363233, 0.001392625],
  },
  float64: {
    limits: [-746, 710],
    ln2: [0.6931471805598903, 5.497923018708371e-14],
    series: [
      0.5000000000000001, 0.16666666666666669, 0.041666666666623824, 0.008333333333330039, 0.0013888888917367081,
      0.00019841269863171557, 2.4801521057868204e-5, 2.7557268276905696e-6, 2.7620201591031547e-7, 2.5100472505694996e-8,
    ],
  },
} as const; // prettier-ignore

export const ln2Parts = { float32: parts.float32.ln2, float64: parts.float64.ln2 } as const;

/** 1.5 · 2^mantissaBits: a number of moderate size added to it is rounded to an integer, in the lowest bits. */
const roundingShift = (v: Vectors): number => 1.5 * 2 ** v.format.mantissaBits;

/** 2^k for integers k of normal results: k and the bias in the lowest bits of a number, moved to the exponent. */
export function powerOfTwo(v: Vectors, k: Code): Code {
  return v.shiftLeft(v.add(k, v.number(roundingShift(v) + v.format.bias)), v.format.mantissaBits);
}

/** x + tail = n ln 2 + r + rest with |r| <= ln(2) / 2, x cut off at `limits`; `rest` is what the rounding of r lost. */
function reduce(v: Vectors, x: Code, [low, high]: readonly [number, number], tail?: Code) {
  const shift = v.number(roundingShift(v));
  const bounded = v.pmax(v.pmin(x, v.number(high)), v.number(low)); // NaN stays
  const n = v.sub(v.madd(bounded, v.number(Math.LOG2E), shift), shift);
  const [first, second] = parts[v.dtype].ln2;
  const most = v.madd(n, v.number(-first), bounded);
  const least = v.mul(n, v.number(second));
  const small = tail ? v.sub(least, tail) : least;
  const r = v.sub(most, small);
  return { n, r, rest: () => v.sub(v.sub(most, r), small) };
}

/** e^(r + rest) - 1 for the reduced r. */
function smallExpm1(v: Vectors, r: Code, rest?: Code): Code {
  const series = v.polynomial(r, parts[v.dtype].series);
  const square = v.mul(r, r);
  return rest ? v.add(r, v.madd(square, series, rest)) : v.madd(square, series, r);
}

/** y 2^n in two steps, of which only the second rounds: results may be subnormal, and 2^n may be out of range. */
function scaleTwice(v: Vectors, y: Code, n: Code): Code {
  const half = v.nearest(v.mul(n, v.number(0.5)));
  return v.mul(v.mul(y, powerOfTwo(v, half)), powerOfTwo(v, v.sub(n, half)));
}

/** e^x with half an ulp less error than `exp` has; with `tail` e^(x + tail) for a small tail. */
export function exponential(v: Vectors, x: Code, tail?: Code): Code {
  const { n, r, rest } = reduce(v, x, parts[v.dtype].limits, tail);
  return scaleTwice(v, v.add(v.number(1), smallExpm1(v, r, rest())), n);
}

/** e^x / 2, for x up to where that overflows. */
export function halfExponential(v: Vectors, x: Code): Code {
  const [low, high] = parts[v.dtype].limits;
  const { n, r, rest } = reduce(v, x, [low, high + 2]);
  return scaleTwice(v, v.add(v.number(1), smallExpm1(v, r, rest())), v.sub(n, v.number(1)));
}

/** e^x for x <= 0, not less than a small normal number. */
export function decay(v: Vectors, x: Code): Code {
  const { n, r } = reduce(v, x, v.dtype === 'float32' ? [-80, 0] : [-700, 0]);
  const scale = powerOfTwo(v, n);
  return v.madd(scale, smallExpm1(v, r), scale);
}

/** e^x - 1 = 2^n (e^r - 1) + (2^n - 1). */
export function exponentialMinusOne(v: Vectors, x: Code): Code {
  const { n, r } = reduce(v, x, v.dtype === 'float32' ? [-20, 89] : [-40, 710]);
  const q = smallExpm1(v, r);
  // Half of it, since 2^n may be out of range where the result is not.
  const scale = powerOfTwo(v, v.sub(n, v.number(1)));
  const half = v.madd(scale, q, v.sub(scale, v.number(0.5)));
  const y = v.select(v.eq(n, v.number(0)), q, v.add(half, half));
  return v.or(y, v.signOf(x)); // -0 stays
}

/** Measured: within 1.02 ulp (float32), 1 ulp (float64). */
export const exp = floatRules((v, x) => {
  const { n, r } = reduce(v, x, parts[v.dtype].limits);
  return scaleTwice(v, v.add(v.number(1), smallExpm1(v, r)), n);
});

/** Measured: within 1.7 ulp (float32), 2.1 ulp (float64). */
export const expm1 = floatRules(exponentialMinusOne);

/** 1 / (1 + e^-x), with all digits in the left tail. Measured: within 1.9 ulp. */
export const sigmoid = floatRules((v, x) => {
  const e = exponential(v, v.or(x, v.bits(v.format.sign))); // of -|x|
  const one = v.number(1);
  const whole = v.add(one, e);
  const y = v.div(v.select(v.ge(x, v.number(0)), one, e), whole);
  // What the rounding of 1 + e took, over 1 + e: one of the quotients y and 1 - y has 1 above the line.
  const lost = v.mul(v.sub(e, v.sub(whole, one)), v.pmax(y, v.sub(one, y)));
  return v.sub(y, v.mul(y, lost));
});
