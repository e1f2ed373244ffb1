import { DTypeError } from './errors.js';
import { show } from './show.js';

/** Element types. `float64` is first-class on the CPU; `bool` is stored as one byte, 0 or 1. */
export type DType = 'float32' | 'float64' | 'int32' | 'bool';

/** The typed array behind each dtype. */
export interface TypedArrays {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  bool: Uint8Array;
}

export type TypedArray = TypedArrays[DType];

export const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'bool'];

const bytes: Record<DType, number> = { float32: 4, float64: 8, int32: 4, bool: 1 };

export function bytesPerElement(dtype: DType): number {
  // The name may come from outside.
  const size = typeof dtype === 'string' ? (bytes[dtype] as number | undefined) : undefined;
  if (size === undefined) throw unknownDType('bytesPerElement', dtype);
  return size;
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** A fresh typed array of `size` zeros, or a view of `buffer` when one is given. */
export function allocate<D extends DType>(dtype: D, size: number, buffer?: ArrayBuffer): TypedArrays[D];
export function allocate(
  dtype: DType,
  size: number,
  buffer: ArrayBuffer = new ArrayBuffer(size * bytes[dtype]),
): TypedArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, 0, size);
    case 'float64':
      return new Float64Array(buffer, 0, size);
    case 'int32':
      return new Int32Array(buffer, 0, size);
    case 'bool':
      return new Uint8Array(buffer, 0, size);
  }
}

/** The dtype a typed array stands for; `undefined` for arrays that no dtype stores. */
export function dtypeOfTypedArray(array: ArrayBufferView): DType | undefined {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Int32Array) return 'int32';
  if (array instanceof Uint8Array) return 'bool';
  return undefined;
}

const rank: Record<DType, number> = { bool: 0, int32: 1, float32: 2, float64: 3 };

/** NumPy-like promotion along bool < int32 < float32 < float64; nothing is ever cast down. */
export function promote(a: DType, b: DType): DType {
  return rankOf(a) >= rankOf(b) ? a : b;
}

function rankOf(dtype: DType): number {
  // The name may come from outside.
  const known = typeof dtype === 'string' ? (rank[dtype] as number | undefined) : undefined;
  if (known === undefined) throw unknownDType('promote', dtype);
  return known;
}

/** The dtype of `x op value` for a JS number: weakly typed, so it widens `dtype` only if the number does not fit its kind. */
export function promoteNumber(dtype: DType, value: number | boolean): DType {
  if (typeof value === 'boolean') return dtype;
  if (isFloat(dtype)) return dtype;
  return Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31 ? 'int32' : 'float32';
}

/** Throws unless `dtype` is a name we know; for values that come from outside. */
export function checkDType(op: string, dtype: unknown): DType {
  if (typeof dtype === 'string' && (dtypes as readonly string[]).includes(dtype)) return dtype as DType;
  throw unknownDType(op, dtype);
}

function unknownDType(op: string, dtype: unknown): DTypeError {
  return new DTypeError(`${op}: unknown dtype ${show(dtype)}; known are ${dtypes.join(', ')}`);
}
