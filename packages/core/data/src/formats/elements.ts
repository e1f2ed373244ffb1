import type { DType, TypedArray } from '@core/tensor';
import type { OptionNames } from '../checks.js';
import { FormatError } from '../errors.js';
import { widenBFloat16, widenFloat16 } from './half.js';

/** Element types that files know; four of them are dtypes of ours. */
export type ElementType =
  | 'bool'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64';

export const elementBytes: Readonly<Record<ElementType, number>> = {
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
};

/** The dtype that holds every value of an element type exactly; none for the wide integers. */
const exactDType: Readonly<Partial<Record<ElementType, DType>>> = {
  bool: 'bool',
  uint8: 'int32',
  int8: 'int32',
  uint16: 'int32',
  int16: 'int32',
  int32: 'int32',
  float16: 'float32',
  bfloat16: 'float32',
  float32: 'float32',
  float64: 'float64',
};

/** How elements become one of our dtypes. */
export interface CastOptions {
  /**
   * The dtype to read into. Default: the one that holds the file's type exactly (small integers become int32,
   * float16 and bfloat16 become float32). uint32, int64 and uint64 have none and must be cast. Each value must
   * survive the cast unchanged, else FormatError `FORMAT_VALUE` names the first that does not.
   */
  readonly cast?: DType;
  /** Allows a cast to round to the nearest float. Integers never wrap and finite values never overflow, even so. */
  readonly lossy?: boolean;
}

export const castOptionNames: OptionNames<CastOptions> = { cast: true, lossy: true };

type Native =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

export const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * `count` elements of `type` from `bytes` as one of our dtypes. Shares memory with `bytes` where nothing has to be
 * converted and the alignment allows it.
 */
export function readElements(
  where: string,
  type: ElementType,
  count: number,
  bytes: Uint8Array,
  littleEndian: boolean,
  options: CastOptions = {},
): { dtype: DType; data: TypedArray } {
  const dtype = options.cast ?? exactDType[type];
  if (dtype === undefined) {
    throw new FormatError(
      'FORMAT_DTYPE',
      `${where}: elements are ${type}, which no dtype here holds in full; ask for cast: 'int32' or cast: 'float64' ` +
        '(each value is checked to fit)',
    );
  }
  const native = nativeView(type, count, bytes, littleEndian);
  if (type === 'bool') checkBool(where, native as Uint8Array);
  return { dtype, data: convert(where, native, dtype, options.lossy === true) };
}

function nativeView(type: ElementType, count: number, bytes: Uint8Array, littleEndian: boolean): Native {
  const width = elementBytes[type];
  const swap = width > 1 && littleEndian !== hostIsLittleEndian;
  // A copy starts at offset 0, which is aligned for every type.
  const own =
    swap || bytes.byteOffset % width !== 0 ? bytes.slice(0, count * width) : bytes.subarray(0, count * width);
  if (swap) swapBytes(own, width);
  const { buffer, byteOffset } = own;
  switch (type) {
    case 'bool':
    case 'uint8':
      return new Uint8Array(buffer, byteOffset, count);
    case 'int8':
      return new Int8Array(buffer, byteOffset, count);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, count);
    case 'int16':
      return new Int16Array(buffer, byteOffset, count);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, count);
    case 'int32':
      return new Int32Array(buffer, byteOffset, count);
    case 'uint64':
      return new BigUint64Array(buffer, byteOffset, count);
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, count);
    case 'float16':
      return widenFloat16(new Uint16Array(buffer, byteOffset, count));
    case 'bfloat16':
      return widenBFloat16(new Uint16Array(buffer, byteOffset, count));
    case 'float32':
      return new Float32Array(buffer, byteOffset, count);
    case 'float64':
      return new Float64Array(buffer, byteOffset, count);
  }
}

/** Reverses the bytes of each element in place. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  for (let start = 0; start + width <= bytes.length; start += width) {
    bytes.subarray(start, start + width).reverse();
  }
}

function checkBool(where: string, bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i]! > 1) {
      throw new FormatError('FORMAT_VALUE', `${where}: element ${i} is ${bytes[i]}, but a bool is 0 or 1`);
    }
  }
}

function convert(where: string, native: Native, dtype: DType, lossy: boolean): TypedArray {
  switch (dtype) {
    case 'float32':
      if (native instanceof Float32Array) return native;
      return fill(where, native, dtype, new Float32Array(native.length), (value) => {
        const rounded = Math.fround(value);
        return rounded === value || value !== value || (lossy && Number.isFinite(rounded));
      });
    case 'float64':
      if (native instanceof Float64Array) return native;
      return fill(where, native, dtype, new Float64Array(native.length), always, lossy);
    case 'int32':
      if (native instanceof Int32Array) return native;
      return fill(where, native, dtype, new Int32Array(native.length), (value) => (value | 0) === value);
    case 'bool':
      // A Uint8Array may be a file's uint8 here, so its values are checked too.
      return fill(where, native, dtype, new Uint8Array(native.length), (value) => value === 0 || value === 1);
  }
}

const always = (): boolean => true;

function fill<A extends TypedArray>(
  where: string,
  native: Native,
  dtype: DType,
  into: A,
  survives: (value: number) => boolean,
  lossy = false,
): A {
  for (let i = 0; i < native.length; i++) {
    const raw = native[i]!;
    const value = Number(raw);
    // A wide integer must pass through a JS number unchanged first.
    const exact = typeof raw === 'number' || lossy || BigInt(value) === raw;
    if (!exact || !survives(value)) {
      throw new FormatError(
        'FORMAT_VALUE',
        `${where}: element ${i} is ${String(raw)}, which ${dtype} cannot hold exactly` +
          (dtype === 'float32' ? "; cast to 'float64', or allow rounding with lossy: true" : ''),
      );
    }
    into[i] = value;
  }
  return into;
}

/** The little-endian bytes of an array; shares its memory on little-endian hosts. */
export function littleEndianBytes(data: TypedArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (hostIsLittleEndian || data.BYTES_PER_ELEMENT === 1) return bytes;
  const copy = bytes.slice();
  swapBytes(copy, data.BYTES_PER_ELEMENT);
  return copy;
}
