/** `uint32` appears in the subject `random` only. */
export type GoldenDType = 'float32' | 'float64' | 'int32' | 'uint32' | 'bool';

export type GoldenData = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** A decoded array: row-major data, bool as 0 and 1. */
export interface GoldenArray {
  readonly shape: readonly number[];
  readonly dtype: GoldenDType;
  readonly data: GoldenData;
}
