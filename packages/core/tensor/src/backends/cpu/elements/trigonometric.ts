import type { Code } from '../wasm/code.js';
import { v128 } from '../wasm/code.js';
import type { Emitter, VectorRule } from './emitter.js';
import { reduceLargeAngle } from './largeAngle.js';
import { rarely } from './rarely.js';
import { vectors, widened } from './vectors.js';
import type { Vectors } from './vectors.js';

/** Precision of the result; both compute in float64. */
type Precision = 'float32' | 'float64';

/** π/2 in parts of 33 bits, whose products with integers below 2^20 are exact, and the rest. */
const halfPi = [
  1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32,
] as const;
const mediumLimit = 2 ** 20;

/** (sin r - r) / r³ and (cos r - 1 + r²/2) / r⁴ in powers of r² for |r| <= π/4, Chebyshev interpolation. */
const series = {
  float32: {
    sin: [-0.16666666663741367, 0.00833333183062943, -0.00019840063040804117, 2.7246868722877944e-6],
    cos: [0.04166666666422613, -0.0013888887635227975, 2.4800580601354642e-5, -2.7298407652795173e-7],
  },
  float64: {
    sin: [
      -0.16666666666666666, 0.008333333333330827, -0.0001984126983657571, 2.755731600817155e-6, -2.5051112272573243e-8,
      1.5916726193889336e-10,
    ],
    cos: [
      0.041666666666666664, -0.0013888888888887322, 2.4801587298651292e-5, -2.755731721268659e-7, 2.0876134024090145e-9,
      -1.1381754653662937e-11,
    ],
  },
} as const; // prettier-ignore

/** a - b and its rounding error (D. Knuth). */
function difference(v: Vectors, a: Code, b: Code): [Code, Code] {
  const value = v.sub(a, b);
  const back = v.sub(value, a);
  return [value, v.sub(v.sub(a, v.sub(value, back)), v.add(b, back))];
}

/** |x| = q π/2 + r modulo 2π with |r| <= π/4; q in the low bits. */
function reduceAngle(v: Vectors, size: Code, precision: Precision): { r: Code; q: Code } {
  const rounding = v.number(1.5 * 2 ** 52);
  const q = v.madd(size, v.number(2 / Math.PI), rounding);
  const n = v.sub(q, rounding);
  const [first, second, third, rest] = halfPi;
  const most = v.madd(n, v.number(-first), size);
  let r: Code;
  if (precision === 'float32') r = v.madd(n, v.number(-(second + third)), most);
  else {
    const [a, lostOfA] = difference(v, most, v.mul(n, v.number(second)));
    const [b, lostOfB] = difference(v, a, v.mul(n, v.number(third)));
    r = v.add(b, v.sub(v.add(lostOfA, lostOfB), v.mul(n, v.number(rest))));
  }
  const large = v.e.keep(v128.anyTrue(v128.not(v.lt(size, v.number(mediumLimit)))), 'i32');
  const [angle, quadrant] = rarely(v, large, [r, q], (w) => {
    const far = reduceLargeAngle(w, size);
    const near = w.lt(size, w.number(mediumLimit));
    return [w.select(near, r, far.r), w.select(near, q, far.q)];
  });
  return { r: angle!, q: quadrant! };
}

/** Sine and cosine of |x|, up to their exchange in odd quadrants, which `odd` is the mask of, and signs. */
function sineAndCosine(v: Vectors, x: Code, precision: Precision) {
  const { r, q } = reduceAngle(v, v.abs(x), precision);
  const z = v.mul(r, r);
  const sine = v.madd(v.mul(z, r), v.polynomial(z, series[precision].sin), r);
  const half = v.mul(z, v.number(0.5));
  const one = v.number(1);
  const most = v.sub(one, half);
  const lost = v.sub(v.sub(one, most), half);
  const cosine = v.add(most, v.madd(v.mul(z, z), v.polynomial(z, series[precision].cos), lost));
  const odd = v.subBits(v.bits(0n), v.and(q, v.bits(1n)));
  return { q, odd, sine, cosine };
}

/** The rule of float64, and of float32 in float64 with as many terms as that needs. */
function rules(text: (v: Vectors, x: Code, precision: Precision) => Code): Record<Precision, VectorRule> {
  const rule = (precision: Precision) => (e: Emitter, x: Code) => text(vectors(e, 'float64'), x, precision);
  return { float32: widened(rule('float32')), float64: rule('float64') };
}

/** The sign that bit 1 of the quadrant gives. */
const quadrantSign = (v: Vectors, q: Code): Code => v.shiftLeft(v.shiftRight(q, 1), 63);

/** Measured: within 0.51 ulp (float32), 2 ulp (float64). */
export const sin = rules((v, x, precision) => {
  const { q, odd, sine, cosine } = sineAndCosine(v, x, precision);
  return v.xor(v.select(odd, cosine, sine), v.xor(quadrantSign(v, q), v.signOf(x)));
});

/** Measured: within 0.51 ulp (float32), 2.5 ulp (float64). */
export const cos = rules((v, x, precision) => {
  const { q, odd, sine, cosine } = sineAndCosine(v, x, precision);
  return v.xor(v.select(odd, sine, cosine), quadrantSign(v, v.addBits(q, v.bits(1n))));
});

/** Measured: within 0.51 ulp (float32), 3.3 ulp (float64). */
export const tan = rules((v, x, precision) => {
  const { odd, sine, cosine } = sineAndCosine(v, x, precision);
  const ratio = v.div(v.select(odd, cosine, sine), v.select(odd, sine, cosine));
  return v.xor(ratio, v.xor(v.signOf(odd), v.signOf(x)));
});
