import type { DType } from '../../../dtype.js';
import type { Emitter } from '../elements/emitter.js';
import type { Code } from '../wasm/code.js';
import { f32, f32x4, f64x2, i16x8, i32, i32x4, i64x2, i8x16, v128 } from '../wasm/code.js';

/**
 * Four neighbouring elements in registers: one vector, or two for float64. Bools are masks of four 32-bit lanes. Each
 * vector is cheap to read and can be read again.
 */
export type Lanes = readonly Code[];

/** Loads the four elements at `address + offset`, or a single one into the first lane. */
export function loadLanes(e: Emitter, dtype: DType, address: Code, count: 1 | 4, offset = 0): Lanes {
  const one = count === 1;
  switch (dtype) {
    case 'float32':
    case 'int32':
      return [e.keep(one ? v128.load32Zero(address, offset) : v128.load(address, offset))];
    case 'float64':
      return one
        ? [e.keep(v128.load64Zero(address, offset)), f64x2.const(0)]
        : [e.keep(v128.load(address, offset)), e.keep(v128.load(address, offset + 16))];
    case 'bool':
      // 0 or 1 per byte, widened to 0 or -1.
      return [
        e.keep(
          one
            ? i32x4.splat(i32.sub(i32.const(0), i32.load8U(address, offset)))
            : i32x4.neg(widenBytes(v128.load32Zero(address, offset))),
        ),
      ];
  }
}

/** The element in every lane. */
export function splatLanes(e: Emitter, dtype: DType, address: Code): Lanes {
  switch (dtype) {
    case 'float32':
    case 'int32':
      return [e.keep(v128.load32Splat(address))];
    case 'float64': {
      const both = e.keep(v128.load64Splat(address));
      return [both, both];
    }
    case 'bool':
      return [e.keep(i32x4.splat(i32.sub(i32.const(0), i32.load8U(address))))];
  }
}

export function storeLanes(
  e: Emitter,
  dtype: DType,
  address: Code,
  value: Lanes,
  count: 1 | 4,
  offset = 0,
): void {
  const [low, high] = value as readonly [Code, Code];
  const one = count === 1;
  switch (dtype) {
    case 'float32':
    case 'int32':
      e.emit(one ? v128.store32Lane(address, low, 0, offset) : v128.store(address, low, offset));
      return;
    case 'float64':
      if (one) e.emit(v128.store64Lane(address, low, 0, offset));
      else e.emit([v128.store(address, low, offset), v128.store(address, high, offset + 16)]);
      return;
    case 'bool': {
      const bits = v128.and(low, i32x4.const(1));
      const words = e.keep(i16x8.narrowI32x4S(bits, bits));
      const bytes = i8x16.narrowI16x8U(words, words);
      e.emit(one ? v128.store8Lane(address, bytes, 0, offset) : v128.store32Lane(address, bytes, 0, offset));
    }
  }
}

/** A number (a float64 local) in every lane. */
export function numberLanes(e: Emitter, dtype: DType, number: Code): Lanes {
  switch (dtype) {
    case 'float32':
      return [e.keep(f32x4.splat(f32.demoteF64(number)))];
    case 'int32':
      return [e.keep(i32x4.splat(i32.truncSatF64S(number)))];
    case 'float64': {
      const both = e.keep(f64x2.splat(number));
      return [both, both];
    }
    case 'bool': {
      const both = e.keep(f64x2.ne(f64x2.splat(number), f64x2.const(0)));
      return [both];
    }
  }
}

/** Two masks of 64-bit lanes as one of 32-bit lanes. */
export function narrowMask(e: Emitter, [low, high]: Lanes): Lanes {
  return [e.keep(evenWords(low!, high!))];
}

/** A mask of 32-bit lanes as two of 64-bit lanes. */
export function widenMask(e: Emitter, [mask]: Lanes): Lanes {
  return [e.keep(i64x2.extendLowI32x4S(mask!)), e.keep(i64x2.extendHighI32x4S(mask!))];
}

/** Words 0 and 2 of each. */
const evenWords = (low: Code, high: Code): Code =>
  i8x16.shuffle(low, high, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);

const widenBytes = (bytes: Code): Code => i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(bytes));

/** Words 2 and 3 first. */
const upperHalf = (x: Code): Code =>
  i8x16.shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);

/** Low halves of both. */
const joinHalves = (low: Code, high: Code): Code =>
  i8x16.shuffle(low, high, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);

export function castLanes(e: Emitter, from: DType, to: DType, value: Lanes): Lanes {
  if (from === to) return value;
  const [x, high] = value as readonly [Code, Code];
  switch (to) {
    case 'float64':
      if (from === 'float32')
        return [e.keep(f64x2.promoteLowF32x4(x)), e.keep(f64x2.promoteLowF32x4(upperHalf(x)))];
      if (from === 'int32')
        return [e.keep(f64x2.convertLowI32x4S(x)), e.keep(f64x2.convertLowI32x4S(upperHalf(x)))];
      return widenMask(e, value).map((mask) => e.keep(v128.and(mask, f64x2.const(1))));
    case 'float32':
      if (from === 'float64')
        return [e.keep(joinHalves(f32x4.demoteF64x2Zero(x), f32x4.demoteF64x2Zero(high)))];
      return [e.keep(from === 'int32' ? f32x4.convertI32x4S(x) : v128.and(x, f32x4.const(1)))];
    case 'int32':
      if (from === 'bool') return [e.keep(i32x4.neg(x))];
      if (from === 'float32')
        return castLanes(e, 'float64', 'int32', castLanes(e, 'float32', 'float64', value));
      return [e.keep(joinHalves(wrapToInt32(e, x), wrapToInt32(e, high)))];
    case 'bool':
      if (from === 'float64')
        return narrowMask(
          e,
          [x, high].map((half) => e.keep(f64x2.ne(half, f64x2.const(0)))),
        );
      return [e.keep(from === 'int32' ? i32x4.ne(x, i32x4.const(0)) : f32x4.ne(x, f32x4.const(0)))];
  }
}

/** Truncated and taken modulo 2^32, as JS does it; NaN and infinities give 0. */
function wrapToInt32(e: Emitter, x: Code): Code {
  const whole = e.keep(f64x2.trunc(x));
  const turns = f64x2.floor(f64x2.mul(whole, f64x2.const(2 ** -32)));
  // Exact: a multiple of a power of two taken from a number, the result smaller than the number.
  return i32x4.truncSatF64x2UZero(e.keep(f64x2.sub(whole, f64x2.mul(turns, f64x2.const(2 ** 32)))));
}

/** whenTrue where the condition holds. */
export function selectLanes(
  e: Emitter,
  dtype: DType,
  condition: Lanes,
  whenTrue: Lanes,
  whenFalse: Lanes,
): Lanes {
  const masks = dtype === 'float64' ? widenMask(e, condition) : condition;
  return masks.map((mask, i) => e.keep(v128.bitselect(whenTrue[i]!, whenFalse[i]!, mask)));
}
