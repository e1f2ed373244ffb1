import { ArgumentError } from '@core/tensor';
import type { DType } from '@core/tensor';
import type { ArrayData } from '../arrays.js';
import { checkArrayData, elementCount } from '../arrays.js';
import { checkBytes, checkNamed, checkOptions } from '../checks.js';
import { FormatError } from '../errors.js';
import type { CastOptions } from './elements.js';
import { castOptionNames, littleEndianBytes, readElements } from './elements.js';
import { maxHeaderBytes, parseSafetensorsHeader } from './safetensorsHeader.js';

/** The arrays of a safetensors file by name, and its free-form metadata. */
export interface Safetensors {
  readonly tensors: Record<string, ArrayData>;
  readonly metadata: Record<string, string>;
}

/**
 * Reads a safetensors file: 8 bytes of header length, a JSON header, then the elements, little-endian, row-major.
 *
 * BOOL, I32, F32 and F64 as they are; I8, U8, I16 and U16 become int32; F16 and BF16 become float32, exactly;
 * U32, I64 and U64 need `cast` (CastOptions; it applies to every tensor), which checks each value. The header is
 * checked in full. May share memory with `bytes`.
 * Throws FormatError: `FORMAT_HEADER`, `FORMAT_TRUNCATED`, `FORMAT_SIZE`, `FORMAT_DTYPE`, `FORMAT_VALUE`,
 * `FORMAT_UNSUPPORTED` (8-bit floats and the like).
 * Source: the format's description in huggingface/safetensors.
 */
export function decodeSafetensors(bytes: Uint8Array, options: CastOptions = {}): Safetensors {
  checkBytes('decodeSafetensors', bytes);
  checkOptions('decodeSafetensors', options, castOptionNames);
  if (bytes.length < 8) {
    throw new FormatError('FORMAT_TRUNCATED', `safetensors: needs at least 8 bytes, got ${bytes.length}`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    throw new FormatError(
      'FORMAT_HEADER',
      `safetensors: a header of ${length} bytes is beyond the limit of ${maxHeaderBytes}; this is hardly a safetensors file`,
    );
  }
  const start = 8 + Number(length);
  if (start > bytes.length) {
    throw new FormatError(
      'FORMAT_TRUNCATED',
      `safetensors: the header ends at byte ${start}, the file at ${bytes.length}`,
    );
  }
  const { entries, metadata } = parseSafetensorsHeader(utf8(bytes.subarray(8, start)), bytes.length - start);
  const tensors = entries.map(({ name, type, shape, start: from, end }): [string, ArrayData] => {
    const body = bytes.subarray(start + from, start + end);
    return [
      name,
      { shape, ...readElements(`safetensors: ${name}`, type, elementCount(shape), body, true, options) },
    ];
  });
  return { tensors: Object.fromEntries(tensors), metadata: { ...metadata } };
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError('FORMAT_HEADER', 'safetensors: the header is not valid UTF-8', { cause });
  }
}

const typeName: Readonly<Record<DType, string>> = {
  float64: 'F64',
  float32: 'F32',
  int32: 'I32',
  bool: 'BOOL',
};

/** The official writer's order: wide types first, so that every tensor is aligned; then by name. */
const typeOrder: Readonly<Record<DType, number>> = { float64: 0, float32: 1, int32: 2, bool: 3 };

/**
 * Writes a safetensors file that PyTorch, JAX and NumPy users open with the official library; the layout (order,
 * padding, compact JSON) is the official writer's, so the same tensors give the same bytes.
 * Throws ArgumentError for the reserved name `__metadata__` or metadata that is not text, ShapeError or DTypeError
 * for an array that contradicts itself.
 */
export function encodeSafetensors(
  tensors: { readonly [name: string]: ArrayData },
  options: { readonly metadata?: Readonly<Record<string, string>> } = {},
): Uint8Array {
  checkNamed('encodeSafetensors', 'arrays', tensors);
  checkOptions('encodeSafetensors', options, { metadata: true });
  if (options.metadata !== undefined) checkNamed('encodeSafetensors: metadata', 'strings', options.metadata);
  for (const [name, array] of Object.entries(tensors)) checkArrayData(`encodeSafetensors: ${name}`, array);
  const sorted = Object.entries(tensors).sort(
    ([a, left], [b, right]) => typeOrder[left.dtype] - typeOrder[right.dtype] || byCodePoint(a, b),
  );
  const fields: [string, unknown][] = [];
  const metadata = Object.entries(options.metadata ?? {});
  if (metadata.length > 0) fields.push(['__metadata__', Object.fromEntries(metadata.map(text))]);
  let at = 0;
  for (const [name, array] of sorted) {
    if (name === '__metadata__')
      throw new ArgumentError("encodeSafetensors: the name '__metadata__' is reserved");
    const end = at + array.data.byteLength;
    fields.push([name, { dtype: typeName[array.dtype], shape: array.shape, data_offsets: [at, end] }]);
    at = end;
  }
  // Written by hand: an object would move keys that look like integers to the front.
  const json = `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const header = new TextEncoder().encode(json);
  const padded = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded + at);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(header, 8);
  bytes.fill(0x20, 8 + header.length, 8 + padded);
  let offset = 8 + padded;
  for (const [, array] of sorted) {
    bytes.set(littleEndianBytes(array.data), offset);
    offset += array.data.byteLength;
  }
  return bytes;
}

function text([key, value]: [string, unknown]): [string, string] {
  if (typeof value === 'string') return [key, value];
  throw new ArgumentError(
    `encodeSafetensors: metadata must be strings, '${key}' is a ${typeof value}; use JSON.stringify`,
  );
}

/** UTF-8's order. JavaScript's own differs for characters beyond U+FFFF. */
function byCodePoint(a: string, b: string): number {
  const left = new TextEncoder().encode(a);
  const right = new TextEncoder().encode(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return left.length - right.length;
}
