import type { Code } from '../../wasm/code.js';
import { f32, f32x4, f64, f64x2, i32, i32x4, i64x2, i8x16, v128 } from '../../wasm/code.js';

/** How elements of one dtype are compared, alone and as vectors. A position takes as much room as an element. */
export interface Elements {
  readonly size: 4 | 8;
  readonly lanes: 2 | 4;
  readonly type: 'f32' | 'f64' | 'i32';
  readonly load: (address: Code, offset?: number) => Code;
  /** Whether `value` takes the place of `best`: it is larger or NaN, and `best` is not NaN. Operands are read twice. */
  readonly beats: (value: Code, best: Code) => Code;
  readonly beatsVector: (value: Code, best: Code) => Code;
  /** A vector of positions: start + step lane. */
  readonly positions: (start: Code, step: number) => Code;
  /** The same number in every lane. */
  readonly constant: (value: number) => Code;
  readonly splat: (value: Code) => Code;
  readonly add: (a: Code, b: Code) => Code;
  /** Writes positions as int32. */
  readonly store: (address: Code, positions: Code) => Code;
}

const int32Positions = {
  size: 4,
  lanes: 4,
  positions: (start: Code, step: number) =>
    i32x4.add(i32x4.splat(start), i32x4.const(0, step, 2 * step, 3 * step)),
  constant: (value: number) => i32x4.const(value),
  splat: (value: Code) => i32x4.splat(value),
  add: i32x4.add,
  store: (address: Code, positions: Code) => v128.store(address, positions),
} as const;

export const elements: Readonly<Record<'float32' | 'float64' | 'int32', Elements>> = {
  float32: {
    ...int32Positions,
    type: 'f32',
    load: f32.load,
    beats: (value, best) => i32.and(i32.eqz(f32.le(value, best)), f32.eq(best, best)),
    beatsVector: (value, best) => v128.andnot(f32x4.eq(best, best), f32x4.le(value, best)),
  },
  int32: {
    ...int32Positions,
    type: 'i32',
    load: i32.load,
    beats: i32.gtS,
    beatsVector: i32x4.gtS,
  },
  float64: {
    size: 8,
    lanes: 2,
    type: 'f64',
    load: f64.load,
    beats: (value, best) => i32.and(i32.eqz(f64.le(value, best)), f64.eq(best, best)),
    beatsVector: (value, best) => v128.andnot(f64x2.eq(best, best), f64x2.le(value, best)),
    positions: (start, step) =>
      i64x2.add(i64x2.extendLowI32x4U(i32x4.splat(start)), i64x2.const(0n, BigInt(step))),
    constant: (value) => i64x2.const(BigInt(value)),
    splat: (value) => i64x2.extendLowI32x4U(i32x4.splat(value)),
    add: i64x2.add,
    store: (address, positions) =>
      v128.store64Lane(
        address,
        i8x16.shuffle(positions, positions, [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]),
        0,
      ),
  },
};

/** A vector of elements that lie `step` elements apart from `address + offset` on; nothing behind the last is read. */
export function loadStrided({ size, lanes }: Elements, address: Code, offset: number, step: number): Code {
  if (step === 1) return v128.load(address, offset);
  if (step === 2) {
    // The second vector ends with the last element that is wanted.
    const order = lanes === 4 ? [0, 2, 5, 7] : [0, 3];
    const bytes = order.flatMap((lane) => Array.from({ length: size }, (_, byte) => lane * size + byte));
    return i8x16.shuffle(v128.load(address, offset), v128.load(address, offset + (lanes - 1) * size), bytes);
  }
  const [first, lane] = size === 4 ? [v128.load32Zero, v128.load32Lane] : [v128.load64Zero, v128.load64Lane];
  let vector = first(address, offset);
  for (let at = 1; at < lanes; at++) vector = lane(address, vector, at, offset + at * step * size);
  return vector;
}
