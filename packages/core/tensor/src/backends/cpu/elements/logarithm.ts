import type { Code } from '../wasm/code.js';
import { v128 } from '../wasm/code.js';
import { exponential, ln2Parts } from './exponential.js';
import { rarely } from './rarely.js';
import { floatRules } from './vectors.js';
import type { Vectors } from './vectors.js';

/** (log((1 + s) / (1 - s)) / s - 2) / s² in powers of s², for s up to (√2 - 1) / (√2 + 1); Chebyshev interpolation. */
const series = {
  float32: [0.66666687, 0.3998876, 0.29580986],
  float64: [
    0.666666666666667, 0.3999999999989889, 0.28571428626253836, 0.22222211089379496, 0.1818289243253687, 0.15331611722055008,
    0.14617807153417325,
  ],
} as const; // prettier-ignore

const rootHalfBits = { float32: 0x3f3504f3n, float64: 0x3fe6a09e667f3bcdn } as const;

/** k and f with x = 2^(k + scaled) (1 + f), 1 + f between √½ and √2, for normal x > 0. */
export function decompose(v: Vectors, x: Code, scaled?: Code): { k: Code; f: Code } {
  const { mantissaBits, bias, one } = v.format;
  const mantissa = v.bits((1n << BigInt(mantissaBits)) - 1n);
  const rootHalf = v.bits(rootHalfBits[v.dtype]);
  const shifted = v.addBits(x, v.bits(one - rootHalfBits[v.dtype]));
  // The exponent as the lowest bits of 2^mantissaBits, which makes it a number.
  const exponent = v.or(v.shiftRight(shifted, mantissaBits), v.number(2 ** mantissaBits));
  const biased = v.sub(exponent, v.number(2 ** mantissaBits + bias));
  const f = v.sub(v.addBits(v.and(shifted, mantissa), rootHalf), v.number(1));
  return { k: scaled ? v.sub(biased, scaled) : biased, f };
}

/**
 * log(2^-scaled x) for normal x > 0, with a small `correction` added. With s = f / (2 + f), log(1 + f) is
 * f - f²/2 + s (f²/2 + R(s²)), R from the series of the area tangent (as in Sun's fdlibm).
 */
export function normalLogarithm(v: Vectors, x: Code, correction?: Code, scaled?: Code): Code {
  const { k, f } = decompose(v, x, scaled);
  const s = v.div(f, v.add(f, v.number(2)));
  const z = v.mul(s, s);
  const half = v.mul(v.mul(f, v.number(0.5)), f);
  const [ln2, ln2Rest] = ln2Parts[v.dtype];
  const rest = v.mul(k, v.number(ln2Rest));
  const small = v.madd(
    s,
    v.madd(z, v.polynomial(z, series[v.dtype]), half),
    correction ? v.add(rest, correction) : rest,
  );
  return v.madd(k, v.number(ln2), v.sub(f, v.sub(half, small)));
}

/** i32: whether any lane is not a normal positive number. */
function anyUnusual(v: Vectors, x: Code): Code {
  const usual = v.and(v.ge(x, v.number(v.format.minNormal)), v.lt(x, v.number(Infinity)));
  return v.e.keep(v128.anyTrue(v128.not(usual)), 'i32');
}

/** y where x is positive and finite; -infinity at 0, infinity at infinity, else NaN. */
function atEnds(v: Vectors, x: Code, y: Code): Code {
  const finite = v.select(v.lt(x, v.number(Infinity)), y, v.number(Infinity));
  const positive = v.select(v.gt(x, v.number(0)), finite, v.number(NaN));
  return v.select(v.eq(x, v.number(0)), v.number(-Infinity), positive);
}

/** Subnormal x multiplied with a power of two, and its exponent; where `unusual` is not 0. */
export function scaleTiny(v: Vectors, x: Code, unusual: Code): { normal: Code; scaled: Code } {
  const { mantissaBits, minNormal } = v.format;
  const power = mantissaBits + 1;
  const [normal, scaled] = rarely(v, unusual, [x, v.number(0)], (w) => {
    const tiny = w.lt(x, w.number(minNormal));
    return [w.select(tiny, w.mul(x, w.number(2 ** power)), x), w.and(tiny, w.number(power))];
  });
  return { normal: normal!, scaled: scaled! };
}

/** log x of any x. */
export function logarithm(v: Vectors, x: Code): Code {
  const unusual = anyUnusual(v, x);
  const { normal, scaled } = scaleTiny(v, x, unusual);
  const y = normalLogarithm(v, normal, undefined, scaled);
  return rarely(v, unusual, [y], (w) => [atEnds(w, x, y)])[0]!;
}

/** log(1 + x): the logarithm of the rounded u = 1 + x, and what was lost in rounding, divided by u. */
export function logarithmOfOnePlus(v: Vectors, x: Code): Code {
  const u = v.add(x, v.number(1));
  const without = v.sub(u, v.number(1));
  const lost = v.add(v.sub(v.number(1), v.sub(u, without)), v.sub(x, without));
  const y = normalLogarithm(v, u, v.div(lost, u));
  const ends = rarely(v, anyUnusual(v, u), [y], (w) => [atEnds(w, u, y)])[0]!;
  return v.or(ends, v.signOf(x)); // -0 stays
}

/** Measured: within 0.9 ulp. */
export const log = floatRules(logarithm);

/** Measured: within 0.9 ulp. */
export const log1p = floatRules(logarithmOfOnePlus);

/** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). Measured: within 1.6 ulp. */
export const softplus = floatRules((v, x) => {
  const e = exponential(v, v.or(x, v.bits(v.format.sign)));
  return v.add(v.pmax(x, v.number(0)), logarithmOfOnePlus(v, e));
});
