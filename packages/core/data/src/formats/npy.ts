import type { DType, TypedArray } from '@core/tensor';
import type { ArrayData } from '../arrays.js';
import { checkArrayData, elementCount } from '../arrays.js';
import { checkBytes, checkOptions } from '../checks.js';
import { FormatError } from '../errors.js';
import type { CastOptions } from './elements.js';
import { castOptionNames, elementBytes, littleEndianBytes, readElements } from './elements.js';
import { parseNpyHeader } from './npyHeader.js';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/**
 * Reads a NumPy `.npy` array: format versions 1, 2 and 3, both byte orders, C and Fortran order.
 *
 * bool, int32, float32 and float64 as they are; int8, uint8, int16, uint16 become int32; float16 becomes float32;
 * uint32, int64 and uint64 need `cast` (CastOptions), which checks each value. May share memory with `bytes`.
 * Throws FormatError: `FORMAT_MAGIC`, `FORMAT_HEADER`, `FORMAT_TRUNCATED`, `FORMAT_SIZE`, `FORMAT_DTYPE`,
 * `FORMAT_VALUE`, `FORMAT_UNSUPPORTED`.
 * Source: numpy.lib.format, "A Simple File Format for NumPy Arrays" (NEP 1).
 */
export function decodeNpy(bytes: Uint8Array, options: CastOptions = {}): ArrayData {
  checkBytes('decodeNpy', bytes);
  checkOptions('decodeNpy', options, castOptionNames);
  return decodeNpyAs('NPY', bytes, options);
}

/** `decodeNpy` whose messages about the elements start with `where`. */
export function decodeNpyAs(where: string, bytes: Uint8Array, options: CastOptions): ArrayData {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw new FormatError(
      'FORMAT_MAGIC',
      `${where}: data does not start with \\x93NUMPY; it is not a .npy array`,
    );
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) {
    throw new FormatError(
      'FORMAT_UNSUPPORTED',
      `${where}: format version ${version}.${bytes[7]}; 1, 2 and 3 are read`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const headerLength =
    version === 1 ? view.getUint16(8, true) : bytes.length < 12 ? Infinity : view.getUint32(8, true);
  if (start + headerLength > bytes.length) {
    throw new FormatError(
      'FORMAT_TRUNCATED',
      `${where}: the file ends inside its header, after ${bytes.length} bytes`,
    );
  }
  const headerBytes = bytes.subarray(start, start + headerLength);
  const header = parseNpyHeader(new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(headerBytes));
  const count = elementCount(header.shape);
  const wanted = start + headerLength + count * elementBytes[header.type];
  if (bytes.length !== wanted) {
    throw new FormatError(
      bytes.length < wanted ? 'FORMAT_TRUNCATED' : 'FORMAT_SIZE',
      `${where}: ${header.type}[${header.shape.join(',')}] takes ${wanted} bytes with its header, the file has ${bytes.length}`,
    );
  }
  const body = bytes.subarray(start + headerLength);
  const { dtype, data } = readElements(where, header.type, count, body, header.littleEndian, options);
  const shape = [...header.shape];
  return { shape, dtype, data: header.fortranOrder ? rowMajor(data, shape) : data };
}

/** Reorders column-major elements (first axis fastest) to row-major ones. */
function rowMajor(data: TypedArray, shape: readonly number[]): TypedArray {
  if (shape.length < 2) return data;
  const result = data.slice();
  const strides: number[] = [];
  let stride = 1;
  for (const length of shape) {
    strides.push(stride);
    stride *= length;
  }
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    // Count up like an odometer, last axis fastest.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

const descrOf: Readonly<Record<DType, string>> = {
  float32: '<f4',
  float64: '<f8',
  int32: '<i4',
  bool: '|b1',
};

/**
 * Writes a `.npy` array, format version 1 (2 where the header does not fit), the same bytes as `numpy.save`.
 * Throws ShapeError or DTypeError for an array that contradicts itself.
 */
export function encodeNpy(array: ArrayData): Uint8Array {
  checkArrayData('encodeNpy', array);
  const { shape } = array;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descrOf[array.dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // NumPy keeps room for the first axis to grow to 21 digits, so that an array can be appended to in place.
  const room = shape.length > 0 ? Math.max(0, 21 - String(shape[0]).length) : 0;
  // Elements start at a multiple of 64; the header ends in a line feed. As NumPy, never without padding.
  const padded = (start: number): number => (Math.floor((start + text.length + room + 1) / 64) + 1) * 64;
  const version = padded(10) - 10 > 0xffff ? 2 : 1;
  const start = version === 1 ? 10 : 12;
  const length = padded(start);
  const body = littleEndianBytes(array.data);
  const bytes = new Uint8Array(length + body.length);
  bytes.set([...magic, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, length - start, true);
  else view.setUint32(8, length - start, true);
  bytes.set(new TextEncoder().encode(text), start);
  bytes.fill(0x20, start + text.length, length - 1);
  bytes[length - 1] = 0x0a;
  bytes.set(body, length);
  return bytes;
}
