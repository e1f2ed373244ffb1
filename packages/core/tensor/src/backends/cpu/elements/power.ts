import type { Code } from '../wasm/code.js';
import { v128 } from '../wasm/code.js';
import type { VectorRule } from './emitter.js';
import { exponential, ln2Parts } from './exponential.js';
import { decompose, normalLogarithm, scaleTiny } from './logarithm.js';
import { rarely } from './rarely.js';
import { vectors, widened } from './vectors.js';
import type { Vectors } from './vectors.js';

/** A number as the sum of a float64 and a far smaller one. */
type Pair = readonly [Code, Code];

/** (log((1 + s) / (1 - s)) / s - 2 - 2/3 s²) / s⁴ in powers of s², for s up to (√2 - 1) / (√2 + 1). */
const series = [
  0.4, 0.2857142857142937, 0.22222222221652765, 0.18181818336099848, 0.1538459488700718, 0.1333480879881234,
  0.11706126464563398, 0.11724327060846747,
] as const; // prettier-ignore
const twoThirds = [0.6666666666666666, 3.700743415417188e-17] as const;

/** a + b for |a| >= |b| or a = 0 (T. J. Dekker). */
function sum(v: Vectors, a: Code, b: Code): Pair {
  const value = v.add(a, b);
  return [value, v.add(v.sub(a, value), b)];
}

/** a b with its rounding error (T. J. Dekker), the numbers cut in halves. */
function product(v: Vectors, a: Code, b: Code): Pair {
  const upperBits = v.bits(~((1n << 27n) - 1n));
  const [a1, b1] = [v.and(a, upperBits), v.and(b, upperBits)];
  const [a0, b0] = [v.sub(a, a1), v.sub(b, b1)];
  const value = v.mul(a, b);
  const crossed = v.add(v.mul(a1, b0), v.mul(a0, b1));
  return [value, v.add(v.add(v.sub(v.mul(a1, b1), value), crossed), v.mul(a0, b0))];
}

/** log(2^-scaled x) for normal x > 0 with about 64 bits: 2s + 2/3 s³ + … with s = f / (2 + f), the first two in pairs. */
function longLogarithm(v: Vectors, x: Code, scaled: Code): Pair {
  const { k, f } = decompose(v, x, scaled);
  const [d, dRest] = sum(v, v.number(2), f);
  const s = v.div(f, d);
  const [sd, sdRest] = product(v, s, d);
  const sRest = v.div(v.sub(v.sub(v.sub(f, sd), sdRest), v.mul(s, dRest)), d);

  const [z, zLost] = product(v, s, s);
  const zRest = v.add(zLost, v.mul(v.add(s, s), sRest));
  const [p, pLost] = sum(v, v.number(twoThirds[0]), v.mul(z, v.polynomial(z, series)));
  const pRest = v.add(pLost, v.number(twoThirds[1]));
  const [cube, cubeLost] = product(v, s, z);
  const cubeRest = v.add(v.add(cubeLost, v.mul(sRest, z)), v.mul(s, zRest));
  const [t, tLost] = product(v, cube, p);
  const tRest = v.add(v.add(tLost, v.mul(cube, pRest)), v.mul(cubeRest, p));

  const [small, smallLost] = sum(v, v.add(s, s), t);
  const smallRest = v.add(v.add(smallLost, tRest), v.add(sRest, sRest));
  const [ln2, ln2Rest] = ln2Parts.float64;
  const [value, lost] = sum(v, v.mul(k, v.number(ln2)), small);
  return sum(v, value, v.add(v.add(lost, smallRest), v.mul(k, v.number(ln2Rest))));
}

/** |a|^b for normal |a|. */
function size(v: Vectors, a: Code, scaled: Code, b: Code, precision: 'float32' | 'float64'): Code {
  if (precision === 'float32') return exponential(v, v.mul(b, normalLogarithm(v, a, undefined, scaled)));
  const [log, logRest] = longLogarithm(v, a, scaled);
  const [exponent, lost] = product(v, b, log);
  const inRange = v.lt(v.abs(exponent), v.number(1000)); // else what was lost may be infinite or NaN
  return exponential(v, exponent, v.and(v.add(lost, v.mul(b, logRest)), inRange));
}

/** IEEE 754 pow: 1 where a = 1 or b = 0, even with NaN. */
function power(v: Vectors, a: Code, b: Code, precision: 'float32' | 'float64'): Code {
  const absolute = v.abs(a);
  const infinity = v.number(Infinity);
  const usualBase = v.and(v.ge(absolute, v.number(v.format.minNormal)), v.lt(absolute, infinity));
  const usual = v.and(usualBase, v.lt(v.abs(b), infinity));
  const unusual = v.e.keep(v128.anyTrue(v128.not(usual)), 'i32');
  const { normal, scaled } = scaleTiny(v, absolute, unusual);
  const y = size(v, normal, scaled, b, precision);

  const half = v.mul(b, v.number(0.5));
  const whole = v.eq(v.floor(b), b);
  const odd = v.andnot(whole, v.eq(v.floor(half), half));
  const fraction = v.andnot(v.lt(a, v.number(0)), whole); // of a negative number: NaN
  const signed = v.xor(v.or(y, fraction), v.and(v.signOf(a), odd));

  return rarely(v, unusual, [signed], (w) => {
    const [zero, one] = [w.number(0), w.number(1)];
    const grows = w.xor(w.gt(absolute, one), w.lt(b, zero));
    const end = w.select(w.eq(absolute, one), one, w.and(grows, infinity));
    const atEnd = w.or(w.eq(w.abs(b), infinity), w.or(w.eq(absolute, zero), w.eq(absolute, infinity)));
    const result = w.select(atEnd, w.xor(end, w.and(w.signOf(a), odd)), signed);
    const unordered = w.or(w.ne(a, a), w.ne(b, b));
    const isOne = w.or(w.eq(a, one), w.eq(b, zero));
    return [w.select(isOne, one, w.or(result, unordered))];
  })[0]!;
}

const rule =
  (precision: 'float32' | 'float64'): VectorRule =>
  (e, a, b) =>
    power(vectors(e, 'float64'), a, b, precision);

/** Measured: within 0.51 ulp (float32), 1 ulp (float64). */
export const pow = { float32: widened(rule('float32')), float64: rule('float64') };
