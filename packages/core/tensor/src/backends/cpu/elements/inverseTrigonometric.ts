import type { Code } from '../wasm/code.js';
import type { VectorRule } from './emitter.js';
import { vectors, widened } from './vectors.js';
import type { Vectors } from './vectors.js';

/** (atan q - q) / q³ in powers of q² for |q| <= tan(π/8), Chebyshev interpolation. */
const series = [
  -0.3333333333333333, 0.19999999999999785, -0.14285714285654638, 0.11111111104652255, -0.09090908728587459,
  0.07692295658327873, -0.06666412077725274, 0.058787824694439814, -0.0522938047378184, 0.045467195095551666,
  -0.034445844423577385, 0.016148228546771868,
] as const; // prettier-ignore

/** π/4 and what float64 leaves of it. */
const quarterPi = [Math.PI / 4, 1.2246467991473532e-16 / 4] as const;

/**
 * The angle of (x, y) in float64. The quotient q of the smaller size and the larger one, or that of their difference and
 * their sum where q is above tan(π/8), gives an angle that is added to or taken from a multiple of π/4.
 */
function angle(v: Vectors, y: Code, x: Code): Code {
  const [zero, one, infinity] = [v.number(0), v.number(1), v.number(Infinity)];
  const [height, width] = [v.abs(y), v.abs(x)];
  const swapped = v.gt(height, width);
  const larger = v.select(swapped, height, width);
  const smaller = v.select(swapped, width, height);
  // Sums of large numbers must not overflow; infinities of both are as equal as any other numbers.
  const scale = v.select(v.gt(larger, v.number(2 ** 1000)), v.number(0.25), one);
  const bothInfinite = v.eq(smaller, infinity);
  const a = v.select(bothInfinite, one, v.mul(smaller, scale));
  const b = v.select(bothInfinite, one, v.mul(larger, scale));
  const folded = v.gt(a, v.mul(b, v.number(Math.SQRT2 - 1)));
  const below = v.select(folded, v.add(b, a), v.select(v.eq(b, zero), one, b));
  const q = v.div(v.select(folded, v.sub(a, b), a), below);
  const z = v.mul(q, q);
  const small = v.madd(v.mul(z, q), v.polynomial(z, series), q);

  const quarters = v.and(folded, one);
  const turned = v.select(swapped, v.sub(v.number(2), quarters), quarters);
  const negative = v.lt(v.or(one, v.signOf(x)), zero);
  const count = v.select(negative, v.sub(v.number(4), turned), turned);
  const signed = v.xor(small, v.and(v.xor(swapped, negative), v.bits(v.format.sign)));
  const [most, rest] = quarterPi;
  const result = v.add(v.mul(count, v.number(most)), v.madd(count, v.number(rest), signed));
  return v.or(v.withSign(result, y), v.or(v.ne(x, x), v.ne(y, y)));
}

/** The rule of float64, and of float32 in float64. */
function rules(text: (v: Vectors, ...operands: Code[]) => Code) {
  const float64: VectorRule = (e, ...operands) => text(vectors(e, 'float64'), ...operands);
  return { float32: widened(float64), float64 };
}

/** √(1 - x²) with the digits next to ±1; NaN outside. */
const otherSide = (v: Vectors, x: Code): Code => {
  const one = v.number(1);
  return v.sqrt(v.mul(v.sub(one, x), v.add(one, x)));
};

/** Measured: within 0.51 ulp (float32), 1.6 ulp (float64). */
export const atan2 = rules((v, y, x) => angle(v, y, x));

/** Measured: within 0.51 ulp (float32), 1.4 ulp (float64). */
export const atan = rules((v, x) => angle(v, x, v.number(1)));

/** Measured: within 0.51 ulp (float32), 2.2 ulp (float64). */
export const asin = rules((v, x) => angle(v, x, otherSide(v, x)));

/** Measured: within 0.51 ulp (float32), 2.4 ulp (float64). */
export const acos = rules((v, x) => angle(v, otherSide(v, x), x));
