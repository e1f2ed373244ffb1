import type { ArrayData } from '../arrays.js';
import { checkArrayData, describeArray, elementCount } from '../arrays.js';
import { ArgumentError, DTypeError, ShapeError } from '@core/tensor';
import { checkBytes, checkOptions, describe } from '../checks.js';
import { FormatError } from '../errors.js';
import type { CastOptions, ElementType } from './elements.js';
import { castOptionNames, elementBytes, readElements } from './elements.js';
import { isGzip } from './gzip.js';

/** Third byte of the magic number. */
const typeOfCode: Readonly<Record<number, ElementType>> = {
  0x08: 'uint8',
  0x09: 'int8',
  0x0b: 'int16',
  0x0c: 'int32',
  0x0d: 'float32',
  0x0e: 'float64',
};

/**
 * Reads an IDX array, the format of MNIST: two zero bytes, a type byte, the number of axes, each axis as a big-endian
 * uint32, then the elements, big-endian and row-major.
 *
 * ubyte, byte, short and int become int32, float and double become float32 and float64; `cast` and `lossy` as in
 * CastOptions. Throws FormatError: `FORMAT_MAGIC`, `FORMAT_TRUNCATED`, `FORMAT_SIZE`, `FORMAT_VALUE`.
 * Source: the format's description on the MNIST page of LeCun, Cortes and Burges.
 */
export function decodeIdx(bytes: Uint8Array, options: CastOptions = {}): ArrayData {
  checkBytes('decodeIdx', bytes);
  checkOptions('decodeIdx', options, castOptionNames);
  const { type, shape, body } = idxLayout(bytes);
  return { shape, ...readElements('IDX', type, elementCount(shape), body, false, options) };
}

/**
 * Reads the ubyte images of an IDX file of rank 3 as float32 `[N, 1, H, W]`, divided by 255 (the nearest float32).
 * One pass, one allocation. Throws FormatError as `decodeIdx`, and `FORMAT_SIZE` for another rank or type.
 */
export function decodeIdxImages(bytes: Uint8Array): ArrayData {
  checkBytes('decodeIdxImages', bytes);
  const { type, shape, body } = idxLayout(bytes);
  if (type !== 'uint8' || shape.length !== 3) {
    throw new FormatError(
      'FORMAT_SIZE',
      `IDX images: wants uint8[N,H,W], got ${describeArray({ shape, dtype: type })}`,
    );
  }
  return { shape: [shape[0]!, 1, shape[1]!, shape[2]!], dtype: 'float32', data: unitInterval(body) };
}

/** Bytes 0..255 as float32 in [0, 1]: each the float32 nearest to `byte / 255`. */
export function unitInterval(bytes: Uint8Array): Float32Array {
  const table = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);
  const data = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) data[i] = table[bytes[i]!]!;
  return data;
}

function idxLayout(bytes: Uint8Array): { type: ElementType; shape: number[]; body: Uint8Array } {
  if (isGzip(bytes)) {
    throw new FormatError(
      'FORMAT_MAGIC',
      'IDX: these bytes are gzip-compressed; decode them with `await gunzip(bytes)` first (readIdx does so itself)',
    );
  }
  if (bytes.length < 4) throw truncated(4, bytes.length, 'the magic number');
  const type = typeOfCode[bytes[2]!];
  if (bytes[0] !== 0 || bytes[1] !== 0 || type === undefined) {
    const got = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new FormatError(
      'FORMAT_MAGIC',
      `IDX: starts with ${got}; an IDX file starts with 00 00, one of the type codes 08 09 0b 0c 0d 0e, and the number of axes`,
    );
  }
  const ndim = bytes[3]!;
  const start = 4 + 4 * ndim;
  if (bytes.length < start) throw truncated(start, bytes.length, `the sizes of ${ndim} axes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: ndim }, (_, axis) => view.getUint32(4 + 4 * axis, false));
  const wanted = start + elementCount(shape) * elementBytes[type];
  const what = describeArray({ shape, dtype: type });
  if (bytes.length < wanted) throw truncated(wanted, bytes.length, what);
  if (bytes.length > wanted) {
    throw new FormatError('FORMAT_SIZE', `IDX: ${what} takes ${wanted} bytes, the file has ${bytes.length}`);
  }
  return { type, shape, body: bytes.subarray(start) };
}

function truncated(wanted: number, got: number, what: string): FormatError {
  return new FormatError(
    'FORMAT_TRUNCATED',
    `IDX: ${what} needs ${wanted} bytes, the file ends after ${got}`,
  );
}

/**
 * Writes an IDX array: float32, float64 and int32 as they are, bool as ubyte, int32 with `as: 'uint8'` as ubyte.
 * Throws DTypeError for another pair, ShapeError for more than 255 axes, FormatError `FORMAT_VALUE` for a value
 * that a ubyte cannot hold.
 */
export function encodeIdx(array: ArrayData, options: { readonly as?: 'uint8' } = {}): Uint8Array {
  checkArrayData('encodeIdx', array);
  checkOptions('encodeIdx', options, { as: true });
  // Widened, because a caller without types may ask for anything.
  const as: unknown = options.as;
  if (as !== undefined && as !== 'uint8') {
    throw new ArgumentError(`encodeIdx: as must be 'uint8' or left out, got ${describe(as)}`);
  }
  if (array.shape.length > 255)
    throw new ShapeError(`encodeIdx: at most 255 axes, got ${array.shape.length}`);
  const asByte = as === 'uint8' || array.dtype === 'bool';
  if (asByte && array.dtype !== 'bool' && array.dtype !== 'int32') {
    throw new DTypeError(`encodeIdx: as 'uint8' wants int32 or bool, got ${array.dtype}`);
  }
  const code = asByte ? 0x08 : { int32: 0x0c, float32: 0x0d, float64: 0x0e, bool: 0x08 }[array.dtype];
  const width = asByte ? 1 : array.data.BYTES_PER_ELEMENT;
  const start = 4 + 4 * array.shape.length;
  const bytes = new Uint8Array(start + array.data.length * width);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, code, array.shape.length]);
  array.shape.forEach((length, axis) => view.setUint32(4 + 4 * axis, length, false));
  for (let i = 0; i < array.data.length; i++) {
    const value = array.data[i]!;
    const at = start + i * width;
    if (asByte) {
      if (value < 0 || value > 255) {
        throw new FormatError('FORMAT_VALUE', `encodeIdx: element ${i} is ${value}, a ubyte holds 0..255`);
      }
      bytes[at] = value;
    } else if (array.dtype === 'int32') view.setInt32(at, value, false);
    else if (array.dtype === 'float32') view.setFloat32(at, value, false);
    else view.setFloat64(at, value, false);
  }
  return bytes;
}
