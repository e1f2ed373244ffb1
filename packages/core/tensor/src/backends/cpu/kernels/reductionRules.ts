import type { DType } from '../../../dtype.js';
import type { Reduction } from '../../../program/rowForm.js';
import type { Code } from '../wasm/code.js';
import { f32x4, f64x2, i32, i32x4, i8x16, v128 } from '../wasm/code.js';

/** The vector instruction that takes a value into an accumulator; both are read more than once. */
export function combination(reduction: Reduction, dtype: DType): (sum: Code, value: Code) => Code {
  if (dtype === 'bool') return reduction === 'reduceMax' ? i8x16.maxU : i8x16.minU;
  const lanes = { float32: f32x4, float64: f64x2, int32: i32x4 }[dtype];
  if (reduction === 'sum') return lanes.add;
  if (reduction === 'prod') return lanes.mul;
  if (dtype === 'int32') return reduction === 'reduceMax' ? i32x4.maxS : i32x4.minS;
  // The first of equal values stays, so that of two zeros it is the first one's sign; `v != v` lets a NaN in for good.
  const floats = dtype === 'float32' ? f32x4 : f64x2;
  const better = reduction === 'reduceMax' ? floats.gt : floats.lt;
  return (best, value) => v128.bitselect(value, best, v128.or(better(value, best), floats.ne(value, value)));
}

/**
 * One instruction that agrees with `combination` on an extreme of floats as long as no value is NaN, and what finds
 * those. Undefined for all other reductions.
 */
export function withoutNaN(
  reduction: Reduction,
  dtype: DType,
): { combine: (best: Code, value: Code) => Code; isNaN: (value: Code) => Code } | undefined {
  if (reduction === 'sum' || reduction === 'prod' || dtype === 'int32' || dtype === 'bool') return undefined;
  const floats = dtype === 'float32' ? f32x4 : f64x2;
  return {
    combine: reduction === 'reduceMax' ? floats.pmax : floats.pmin,
    isNaN: (value) => floats.ne(value, value),
  };
}

/** A vector of what changes no result. */
export function neutral(reduction: Reduction, dtype: DType): Code {
  const number = { sum: 0, prod: 1, reduceMax: -Infinity, reduceMin: Infinity }[reduction];
  if (dtype === 'float32') return f32x4.const(number);
  if (dtype === 'float64') return f64x2.const(number);
  if (dtype === 'bool') return i32x4.const(reduction === 'reduceMax' ? 0 : -1);
  return i32x4.const(Number.isFinite(number) ? number : number > 0 ? 2 ** 31 - 1 : -(2 ** 31));
}

/** One element in lane 0. */
export function loadLowest(dtype: DType, address: Code): Code {
  if (dtype === 'bool') return i8x16.splat(i32.load8U(address));
  return dtype === 'float64' ? v128.load64Zero(address) : v128.load32Zero(address);
}

export function storeLowest(dtype: DType, address: Code, vector: Code): Code {
  if (dtype === 'bool') return v128.store8Lane(address, vector, 0);
  return dtype === 'float64' ? v128.store64Lane(address, vector, 0) : v128.store32Lane(address, vector, 0);
}
