import { type GoldenArray, type GoldenData, type GoldenDType } from './array.js';

/** JSON has no NaN and no infinities, so they are spelled out. */
export type RawNumber = number | 'NaN' | 'Infinity' | '-Infinity';

export interface RawArray {
  shape: number[];
  dtype: GoldenDType;
  data: RawNumber[];
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  bool: Uint8Array,
} as const satisfies Record<GoldenDType, { from(values: number[]): GoldenData }>;

export function decodeNumber(v: RawNumber): number {
  return typeof v === 'number' ? v : Number(v);
}

export function decodeArray({ shape, dtype, data }: RawArray): GoldenArray {
  const size = shape.reduce((a, b) => a * b, 1);
  if (size !== data.length)
    throw new Error(`goldens: shape [${shape.join(',')}] needs ${size} numbers, the file has ${data.length}`);
  return { shape, dtype, data: ARRAYS[dtype].from(data.map(decodeNumber)) };
}
