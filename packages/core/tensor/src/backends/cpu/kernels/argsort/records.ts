import type { DType } from '../../../../dtype.js';
import type { Code } from '../../wasm/code.js';
import { f32, f64, i32, i64, select, v128 } from '../../wasm/code.js';
import type { Frame } from '../../wasm/module.js';

/**
 * What is sorted: a key and the position that it came from. Keys are unsigned integers in the order of the elements,
 * with all bits set for NaN, which puts it last in both directions. Keys of 32 bits and their positions are the upper
 * and the lower half of one i64; a key of 64 bits is the lower half of a vector, its position the third of its quarters.
 */
export interface Records {
  readonly bytes: 8 | 16;
  readonly keyBits: 32 | 64;
  /** Stores the record of the element at `source`. */
  readonly make: (frame: Frame, to: Code, source: Code, position: Code) => Code;
  readonly type: 'i64' | 'v128';
  readonly load: (at: Code) => Code;
  readonly store: (at: Code, record: Code) => Code;
  /** An i64 that orders records, unsigned. Those of one row at equal keys may be ordered by position. */
  readonly order: (at: Code) => Code;
  /** `bits` bits of the key from `shift` on, as an i32. */
  readonly digit: (at: Code, shift: number, bits: number) => Code;
  /** The position, as an i32. */
  readonly position: (at: Code) => Code;
}

export function recordsOf(dtype: DType, descending: boolean): Records {
  if (dtype === 'float64') return wide(descending);
  return {
    bytes: 8,
    keyBits: 32,
    make: (frame, to, source, position) => {
      const key = key32(frame, dtype, descending, source);
      return [key.code, i32.store(to, position), i32.store(to, key.get, 4)];
    },
    type: 'i64',
    load: (at) => i64.load(at),
    store: (at, record) => i64.store(at, record),
    order: (at) => i64.load(at),
    digit: (at, shift, bits) => masked(i32.shrU(i32.load(at, 4), i32.const(shift)), bits),
    position: (at) => i32.load(at),
  };
}

function wide(descending: boolean): Records {
  return {
    bytes: 16,
    keyBits: 64,
    make: (frame, to, source, position) => {
      // Adding 0 turns -0 into 0; negation turns the order around and leaves equal elements in theirs.
      const element = f64.load(source);
      const value = frame.keep('f64', f64.add(descending ? f64.neg(element) : element, f64.const(0)));
      const bits = frame.keep('i64', i64.reinterpretF64(value.get));
      const flip = i64.or(i64.shrS(bits.get, i64.const(63n)), i64.const(1n << 63n));
      const isNumber = f64.eq(value.get, value.get);
      return [
        value.code,
        bits.code,
        i64.store(to, select(isNumber, i64.xor(bits.get, flip), i64.const(-1n))),
        i32.store(to, position, 8),
      ];
    },
    type: 'v128',
    load: (at) => v128.load(at),
    store: (at, record) => v128.store(at, record),
    order: (at) => i64.load(at),
    digit: (at, shift, bits) => masked(i32.wrapI64(i64.shrU(i64.load(at), i64.const(BigInt(shift)))), bits),
    position: (at) => i32.load(at, 8),
  };
}

const masked = (value: Code, bits: number): Code => i32.and(value, i32.const((1 << bits) - 1));

/** IEEE 754 bits, with the sign bit flipped (and all bits, for negative numbers), order as unsigned integers. */
function key32(
  frame: Frame,
  dtype: Exclude<DType, 'float64'>,
  descending: boolean,
  source: Code,
): { code: Code; get: Code } {
  if (dtype === 'float32') {
    const element = f32.load(source);
    const value = frame.keep('f32', f32.add(descending ? f32.neg(element) : element, f32.const(0)));
    const bits = frame.keep('i32', i32.reinterpretF32(value.get));
    const flip = i32.or(i32.shrS(bits.get, i32.const(31)), i32.const(1 << 31));
    const key = select(f32.eq(value.get, value.get), i32.xor(bits.get, flip), i32.const(-1));
    const kept = frame.keep('i32', key);
    return { code: [value.code, bits.code, kept.code], get: kept.get };
  }
  const key = dtype === 'bool' ? i32.load8U(source) : i32.xor(i32.load(source), i32.const(1 << 31));
  // The complement, not the negative: the least int32 has none.
  return frame.keep('i32', descending ? i32.xor(key, i32.const(-1)) : key);
}
