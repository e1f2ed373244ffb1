import type { Code } from '../wasm/code.js';
import { brIf, f64, f64x2, i32, i64, i64x2, i8x16, loop, select, v128, when } from '../wasm/code.js';
import type { VectorRule } from './emitter.js';
import { emitter } from './emitter.js';
import { rarely } from './rarely.js';
import { vectors, widened } from './vectors.js';
import type { Vectors } from './vectors.js';

/** Quotients below this have few enough digits that their products with half a number are exact. */
const smallQuotient = 2 ** 25;

/** |a| mod |b|, exactly, where |a| / |b| is small and neither is near the ends of the range. */
function shortRemainder(v: Vectors, a: Code, b: Code, quotient: Code): Code {
  const q = v.trunc(quotient); // or one too many, where the quotient was rounded up
  const product = v.mul(q, b);
  const upper = v.and(b, v.bits(~((1n << 27n) - 1n)));
  const lost = v.add(v.sub(v.mul(q, upper), product), v.mul(q, v.sub(b, upper)));
  const r = v.sub(v.sub(a, product), lost);
  return v.select(v.lt(r, v.number(0)), v.add(r, b), r);
}

/**
 * a mod b for a >= 0 and b > 0, both finite, one lane after the other: a long division, a bit at a time. With a = m 2^e
 * and b = d 2^f it gives (m 2^(e - f) mod d) 2^f.
 */
function longRemainder(v: Vectors, a: Code, b: Code): Code {
  const { frame, relaxed } = v.e;
  const e = emitter(frame, relaxed);
  const lanes = { a: frame.local('v128'), b: frame.local('v128'), r: frame.local('v128') };
  const [lane, bit] = [frame.local('i32'), frame.local('i32')];
  const rest = frame.local('i64');
  /** Mantissa and exponent; that of subnormal numbers is 1 as well. */
  const parts = (bits: Code): [Code, Code] => {
    const field = e.keep(i32.wrapI64(i64.shrU(bits, i64.const(52n))), 'i32');
    const hidden = i64.shl(i64.extendI32U(i32.ne(field, i32.const(0))), i64.const(52n));
    const mantissa = i64.or(i64.and(bits, i64.const((1n << 52n) - 1n)), hidden);
    return [e.keep(mantissa, 'i64'), e.keep(select(field, field, i32.const(1)), 'i32')];
  };
  const power = (exponent: Code): Code =>
    f64.reinterpretI64(i64.shl(i64.extendI32U(i32.add(exponent, i32.const(1023))), i64.const(52n)));
  const [m, exponentOfA] = parts(e.keep(i64x2.extract(0, lanes.a.get), 'i64'));
  const [d, exponent] = parts(e.keep(i64x2.extract(0, lanes.b.get), 'i64'));
  const take = (next: Code): Code => [
    rest.set(i64.or(i64.shl(rest.get, i64.const(1n)), next)),
    when(i64.geU(rest.get, d), rest.set(i64.sub(rest.get, d))),
  ];
  const steps = e.keep(i32.sub(exponentOfA, exponent), 'i32');
  // In two factors: 2^f alone may be too small for a number.
  const scale = e.keep(i32.sub(exponent, i32.const(1075)), 'i32');
  const half = e.keep(i32.shrS(scale, i32.const(1)), 'i32');
  const result = f64.mul(f64.mul(f64.convertI64U(rest.get), power(half)), power(i32.sub(scale, half)));
  const swap = (x: Code): Code => i8x16.shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);
  e.emit([
    when(
      i32.ltS(steps, i32.const(0)),
      lanes.r.set(swap(f64x2.replace(0, lanes.r.get, f64x2.extract(0, lanes.a.get)))),
      [
        rest.set(i64.const(0n)),
        frame.range(bit, i32.const(0), i32.const(53), 1, [
          take(i64.and(i64.shrU(m, i64.extendI32U(i32.sub(i32.const(52), bit.get))), i64.const(1n))),
        ]),
        frame.range(bit, i32.const(0), steps, 1, take(i64.const(0n))),
        lanes.r.set(swap(f64x2.replace(0, lanes.r.get, result))),
      ],
    ),
    lanes.a.set(swap(lanes.a.get)),
    lanes.b.set(swap(lanes.b.get)),
  ]);
  v.e.emit([
    [lanes.a.set(a), lanes.b.set(b), lane.set(i32.const(2))],
    loop(e.code, brIf(0, lane.tee(i32.sub(lane.get, i32.const(1))))),
  ]);
  return lanes.r.get;
}

/** a mod b with b's sign. */
const remainder64: VectorRule = (e, a, b) => {
  const v = vectors(e, 'float64');
  const [size, divisor, zero] = [v.abs(a), v.abs(b), v.number(0)];
  const quotient = v.div(size, divisor);
  const between = v.and(v.gt(divisor, v.number(2 ** -900)), v.lt(v.pmax(size, divisor), v.number(2 ** 1000)));
  const usual = v.and(v.lt(quotient, v.number(smallQuotient)), between);
  const short = shortRemainder(v, size, divisor, quotient);
  const [r] = rarely(v, e.keep(v128.anyTrue(v128.not(usual)), 'i32'), [short], (w) => {
    const infinity = w.number(Infinity);
    const long = longRemainder(w, size, divisor);
    const ends = w.select(w.eq(divisor, infinity), size, long);
    const known = w.and(w.and(w.lt(size, infinity), w.gt(divisor, zero)), w.eq(divisor, divisor));
    return [w.select(usual, short, w.select(known, ends, w.number(NaN)))];
  });
  const signed = v.withSign(r!, a);
  const across = v.and(v.ne(signed, zero), v.xor(v.lt(signed, zero), v.lt(b, zero)));
  return v.select(across, v.add(signed, b), signed);
};

/** Exact: the reference kernel's bits. */
export const remainder = { float32: widened(remainder64), float64: remainder64 };
