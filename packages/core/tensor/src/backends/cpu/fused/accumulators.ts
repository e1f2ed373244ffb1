import type { DType } from '../../../dtype.js';
import type { Reduction } from '../../../program/rowForm.js';
import type { Emitter } from '../elements/emitter.js';
import type { Code } from '../wasm/code.js';
import { f32, f32x4, f64x2, i32x4, i8x16, v128 } from '../wasm/code.js';
import type { Frame, Local } from '../wasm/module.js';
import type { Lanes } from './lanes.js';
import { castLanes } from './lanes.js';

/** Vectors that a loop takes at a time, each into accumulators of its own: the additions need not wait for each other. */
export const ways = 4;

/** One reduction of a row while it is walked. */
export interface Accumulator {
  /** Before the row. */
  readonly start: Code;
  /** Takes four elements (or, with `count` 1, the first lane) in; `way` chooses the accumulator. */
  readonly add: (e: Emitter, value: Lanes, way: number, count: 1 | 4) => void;
  /** After each block of `blockLength` elements, and before the end. */
  readonly settle: Code;
  /** How many elements may come between two settlements. */
  readonly blockLength: number;
  /** The result in every lane. */
  readonly finish: (e: Emitter) => Lanes;
}

/** The dtype that partial results have: float32 sums and products are kept in float64. */
export function partialDType(reduction: Reduction, dtype: DType): DType {
  return dtype === 'float32' && (reduction === 'sum' || reduction === 'prod') ? 'float64' : dtype;
}

/** Rows of float32 numbers from this length on are summed up in blocks. */
export const longRow = 4096;

/**
 * Float32 sums and products are taken in float64, whose rounding is lost in theirs. Float64 sums are added up in blocks
 * of 1024 elements (64 numbers a lane) and the blocks then: near pairwise addition in error, at the speed of a plain sum.
 * So are float32 sums of long rows, in blocks of 256 (16 numbers a lane in float32, the blocks in float64): at most 16
 * roundings lie between an element and the result, fewer than with pairwise addition, and it takes a third of the time.
 *
 * @param result dtype of the result: the operand's, or float64 for float32 sums and products
 * @param long whether rows have `longRow` elements or more
 */
export function accumulator(
  reduction: Reduction,
  dtype: DType,
  result: DType,
  long: boolean,
  frame: Frame,
): Accumulator {
  const blocked = reduction === 'sum' && (dtype === 'float64' || (dtype === 'float32' && long));
  const working = blocked ? dtype : partialDType(reduction, dtype);
  const last = blocked ? 'float64' : working;
  const vectors = working === 'float64' ? 2 : 1;
  const neutral = neutralOf(reduction, working);
  const combine = combination(reduction, working);
  const sums: Local[][] = Array.from({ length: ways }, () =>
    Array.from({ length: vectors }, () => frame.local('v128')),
  );
  const totals = blocked ? [frame.local('v128'), frame.local('v128')] : [];
  const clear = sums.flat().map((sum) => sum.set(neutral));
  const halves = (way: Local[]): Code[] =>
    working === 'float64'
      ? way.map((half) => half.get)
      : [way[0]!.get, upper(way[0]!.get)].map((half) => f64x2.promoteLowF32x4(half));
  const settle = blocked
    ? [
        totals.map((total, half) =>
          total.set(
            f64x2.add(
              total.get,
              sums.map((way) => halves(way)[half]!).reduce((a, b) => f64x2.add(a, b)),
            ),
          ),
        ),
        clear,
      ]
    : [];
  return {
    blockLength: working === 'float64' ? 1024 : 256,
    start: [clear, totals.map((total) => total.set(f64x2.const(0)))],
    add(e, value, way, count) {
      castLanes(e, dtype, working, value).forEach((vector, half) => {
        const sum = sums[way]![half]!;
        const mask =
          half === 0
            ? working === 'float64'
              ? i32x4.const(-1, -1, 0, 0)
              : i32x4.const(-1, 0, 0, 0)
            : i32x4.const(0);
        const taken = count === 4 ? vector : e.keep(v128.bitselect(vector, neutral, mask));
        e.emit(sum.set(combine(sum.get, taken)));
      });
    },
    settle,
    finish(e) {
      const all = blocked ? totals.map((total) => total.get) : sums.flat().map((sum) => sum.get);
      const join = combination(reduction, last);
      let one = all.reduce((a, b) => e.keep(join(a, b)));
      if (last !== 'float64') one = e.keep(join(one, swapWords(one)));
      one = e.keep(join(one, upper(one)));
      if (last === 'float64' && result === 'float32')
        return [e.keep(f32x4.splat(f32.demoteF64(f64x2.extract(0, one))))];
      if (last === 'float64') {
        const both = e.keep(f64x2.splat(f64x2.extract(0, one)));
        return [both, both];
      }
      return [
        e.keep(last === 'int32' ? i32x4.splat(i32x4.extract(0, one)) : f32x4.splat(f32x4.extract(0, one))),
      ];
    },
  };
}

/** The instruction that takes b into a. A NaN wins in maxima and minima, and +0 is above -0. */
function combination(reduction: Reduction, dtype: DType): (a: Code, b: Code) => Code {
  const kind = { float32: f32x4, float64: f64x2, int32: i32x4, bool: i32x4 }[dtype];
  if (reduction === 'sum') return kind.add;
  if (reduction === 'prod') return kind.mul;
  if (dtype === 'float32' || dtype === 'float64') {
    const floats = dtype === 'float32' ? f32x4 : f64x2;
    return reduction === 'reduceMax' ? floats.max : floats.min;
  }
  return reduction === 'reduceMax' ? i32x4.maxS : i32x4.minS;
}

function neutralOf(reduction: Reduction, dtype: DType): Code {
  const value = { sum: 0, prod: 1, reduceMax: -Infinity, reduceMin: Infinity }[reduction];
  if (dtype === 'float32') return f32x4.const(value);
  if (dtype === 'float64') return f64x2.const(value);
  return i32x4.const(Number.isFinite(value) ? value : value > 0 ? 2 ** 31 - 1 : -(2 ** 31));
}

const upper = (x: Code): Code => i8x16.shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);
const swapWords = (x: Code): Code =>
  i8x16.shuffle(x, x, [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11]);
