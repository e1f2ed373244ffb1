import type { Code } from '../wasm/code.js';
import { brIf, f64, f64x2, i32, i32x4, i64, i64x2, i8x16, loop, when } from '../wasm/code.js';
import { emitter } from './emitter.js';
import type { Vectors } from './vectors.js';

/** The first 1216 bits of 2 / π after the point. */
const twoOverPi = [
  'a2f9836e4e441529', 'fc2757d1f534ddc0', 'db6295993c439041', 'fe5163abdebbc561', 'b7246e3a424dd2e0',
  '06492eea09d1921c', 'fe1deb1cb129a73e', 'e88235f52ebb4484', 'e99c7026b45f7e41', '3991d639835339f4',
  '9c845f8bbdf9283b', '1ff897ffde05980f', 'ef2f118b5a0a6d1f', '6d367ecf27cb09b7', '4f463f669e5fea2d',
  '7527bac7ebe5f17b', '3d0739f78a5292ea', '6bfb5fb11f8d5d08', '56033046fc7b6bab',
].map((word) => BigInt('0x' + word)); // prettier-ignore
/** Bits from the weight 2^63 on. */
const words = [0n, ...twoOverPi];

/** The upper 64 bits of a b for a below 2^63. */
function multiplyHigh(keep: (code: Code) => Code, a: Code, b: Code): Code {
  const low = (x: Code): Code => keep(i64.and(x, i64.const(0xffffffffn)));
  const high = (x: Code): Code => keep(i64.shrU(x, i64.const(32n)));
  const [a0, a1, b0, b1] = [low(a), high(a), low(b), high(b)];
  const middle = keep(i64.add(i64.mul(a0, b1), i64.shrU(i64.mul(a0, b0), i64.const(32n))));
  const other = keep(i64.add(i64.mul(a1, b0), low(middle)));
  return keep(i64.add(i64.mul(a1, b1), i64.add(high(middle), high(other))));
}

/**
 * r and the quadrant q (in the low bits) with x = q π/2 + r modulo 2π and |r| <= π/4, for float64 x of at least 2^20, one
 * lane after the other (M. Payne and R. Hanek, "Radian reduction for trigonometric functions", 1983): x is an integer m
 * times 2^e, so that bits of 2 / π that stand above 2^(2 - e) only add whole turns; of the bits from there on, 192 are
 * multiplied with m. Infinities and NaN give NaN.
 */
export function reduceLargeAngle(v: Vectors, x: Code): { r: Code; q: Code } {
  const { frame, relaxed } = v.e;
  const e = emitter(frame, relaxed);
  const lanes = { x: frame.local('v128'), r: frame.local('v128'), q: frame.local('v128') };
  const count = frame.local('i32');
  const keep = (code: Code): Code => e.keep(code, 'i64');

  const bits = keep(i64x2.extract(0, lanes.x.get));
  const m = keep(i64.or(i64.and(bits, i64.const((1n << 52n) - 1n)), i64.const(1n << 52n)));
  // The first bit that counts has the weight 2^(1 - e), e = (bits >> 52) - 1075.
  const start = keep(i64.sub(i64.shrU(bits, i64.const(52n)), i64.const(1013n)));
  const word = e.keep(i32.wrapI64(i64.shrU(start, i64.const(6n))), 'i32');
  const parts = [0, 1, 2, 3].map(() => frame.local('i64'));
  for (let first = 0; first + 3 < words.length; first++)
    e.emit(
      when(
        i32.eq(word, i32.const(first)),
        parts.map((part, j) => part.set(i64.const(words[first + j]!))),
      ),
    );
  const shift = keep(i64.and(start, i64.const(63n)));
  const [w0, w1, w2] = [0, 1, 2].map((j) =>
    keep(
      i64.or(
        i64.shl(parts[j]!.get, shift),
        i64.shrU(i64.shrU(parts[j + 1]!.get, i64.const(1n)), i64.sub(i64.const(63n), shift)),
      ),
    ),
  ) as [Code, Code, Code];

  const added = multiplyHigh(keep, m, w2);
  const low = keep(i64.add(i64.mul(m, w1), added));
  const carry = i64.extendI32U(i64.ltU(low, added));
  const high = keep(i64.add(i64.add(i64.mul(m, w0), multiplyHigh(keep, m, w1)), carry));
  // Two bits of quadrant, 126 bits of fraction: as a signed number it goes with the nearest quadrant.
  const quadrant = i64.shrU(i64.add(high, i64.const(1n << 61n)), i64.const(62n));
  const fraction = i64.or(i64.shl(high, i64.const(2n)), i64.shrU(low, i64.const(62n)));
  const least = f64.mul(f64.convertI64U(i64.shl(low, i64.const(2n))), f64.const(2 ** -64));
  const angle = f64.mul(f64.add(f64.convertI64S(fraction), least), f64.const((Math.PI / 2) * 2 ** -64));

  const swap = (a: Code): Code => i8x16.shuffle(a, a, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);
  e.emit([
    lanes.r.set(swap(f64x2.replace(0, lanes.r.get, angle))),
    lanes.q.set(swap(i32x4.replace(0, lanes.q.get, i32.wrapI64(quadrant)))),
    lanes.x.set(swap(lanes.x.get)),
  ]);
  v.e.emit([
    lanes.x.set(x),
    count.set(i32.const(2)),
    loop(e.code, brIf(0, count.tee(i32.sub(count.get, i32.const(1))))),
  ]);
  const finite = v.lt(v.abs(x), v.number(Infinity));
  return { r: v.select(finite, lanes.r.get, v.number(NaN)), q: lanes.q.get };
}
