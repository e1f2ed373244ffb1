import { type GoldenArray, type GoldenDType } from './array.js';

/** What `mismatch` needs of the array under test; a Tensor after `dataSync()` fits. */
export interface Actual {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: ArrayLike<number>;
}

/** How closely; a GoldenCase fits. */
export interface Closeness {
  readonly tolerance: number;
  readonly scale: number | 'max';
  readonly signedZero?: boolean;
}

const INTEGERS: readonly GoldenDType[] = ['int32', 'uint32', 'bool'];

/**
 * The first difference between `actual` and `expected` as a sentence, or undefined where there is none.
 *
 * Shapes and dtypes must be equal. Integers, bools, NaN and infinities must be equal; other floats satisfy
 * |got - want| <= tolerance * max(|want|, scale), with `scale` 'max' for the greatest finite |want|.
 */
export function mismatch(
  actual: Actual,
  expected: GoldenArray,
  { tolerance, scale, signedZero = false }: Closeness,
): string | undefined {
  if (actual.dtype !== expected.dtype) return `dtype ${actual.dtype}, expected ${expected.dtype}`;
  if (actual.shape.join() !== expected.shape.join())
    return `shape [${actual.shape.join(',')}], expected [${expected.shape.join(',')}]`;
  if (actual.data.length !== expected.data.length)
    return `${actual.data.length} numbers, expected ${expected.data.length}`;
  const exact = INTEGERS.includes(expected.dtype);
  const floor = scale === 'max' ? greatest(expected) : scale;
  for (const [i, want] of expected.data.entries()) {
    const got = actual.data[i] ?? NaN;
    const close = exact ? got === want : near(got, want, tolerance, floor, signedZero);
    if (!close) {
      const error = Math.abs(got - want) / Math.max(Math.abs(want), floor);
      return `entry ${i} is ${text(got)}, expected ${text(want)} (error ${error.toPrecision(3)}, allowed ${tolerance})`;
    }
  }
  return undefined;
}

function near(got: number, want: number, tolerance: number, floor: number, signedZero: boolean): boolean {
  if (Number.isNaN(want)) return Number.isNaN(got);
  if (got === want) return !signedZero || want !== 0 || Object.is(got, want);
  if (!Number.isFinite(want)) return false;
  return Math.abs(got - want) <= tolerance * Math.max(Math.abs(want), floor);
}

function greatest({ data }: GoldenArray): number {
  let best = 0;
  for (const v of data) if (Number.isFinite(v)) best = Math.max(best, Math.abs(v));
  return best;
}

function text(v: number): string {
  return Object.is(v, -0) ? '-0' : String(v);
}
