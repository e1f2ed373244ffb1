import { allocate } from '../../dtype.js';
import type { TypedArray } from '../../dtype.js';
import type { Aval } from '../../shape.js';
import { sizeOf } from '../../shape.js';
import { noFloat64 } from './handles.js';

/** Bytes of a value on the device, where every element takes four. */
export const deviceBytes = ({ shape }: Aval): number => sizeOf(shape) * 4;

export function refuseFloat64({ dtype }: Aval): void {
  if (dtype === 'float64') throw noFloat64();
}

/** Elements as the device holds them. */
export function toDevice(data: TypedArray): Uint8Array {
  if (data instanceof Float64Array) throw noFloat64();
  const words = data instanceof Uint8Array ? Uint32Array.from(data) : data;
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** ... and as the host does. */
export function fromDevice(bytes: ArrayBuffer, { shape, dtype }: Aval): TypedArray {
  const size = sizeOf(shape);
  if (dtype !== 'bool') return allocate(dtype, size, bytes);
  return Uint8Array.from(new Uint32Array(bytes, 0, size));
}
