import type { DType } from '../../dtype.js';
import type { Capabilities } from './kernel.js';

/** How elements lie in memory. */
export interface ElementStorage {
  /** WGSL's type of one. */
  readonly type: string;
  readonly bytes: number;
  /** From memory to registers, and back; of one or of four. */
  load(place: string): string;
  store(value: string): string;
}

/**
 * A bool is a u32 of 0 or 1. A half-precision number is an f16 where the device has them; where it has not, it is rounded to
 * one all the same and takes four bytes, so that programs compute alike everywhere.
 */
export function storageOf(
  array: number,
  dtype: DType,
  width: 1 | 4,
  capabilities: Capabilities,
): ElementStorage {
  const four = width === 4;
  if (dtype === 'bool')
    return {
      type: 'u32',
      bytes: 4,
      load: (place) => `${place} != ${four ? 'vec4<u32>()' : '0u'}`,
      store: (value) => (four ? `vec4<u32>(${value})` : `u32(${value})`),
    };
  if (dtype === 'int32' || capabilities.halves?.has(array) !== true)
    return { type: dtype === 'int32' ? 'i32' : 'f32', bytes: 4, load: itself, store: itself };
  if (capabilities.f16)
    return {
      type: 'f16',
      bytes: 2,
      load: (place) => (four ? `vec4<f32>(${place})` : `f32(${place})`),
      store: (value) => (four ? `vec4<f16>(${value})` : `f16(${value})`),
    };
  const each = (f: (part: string) => string): string =>
    four ? `vec4(${['.x', '.y', '.z', '.w'].map(f).join(', ')})` : f('');
  return {
    type: 'u32',
    bytes: 4,
    load: (place) => each((part) => `unpack2x16float(${place}${part}).x`),
    store: (value) => each((part) => `pack2x16float(vec2<f32>(${value}${part}, 0.0))`),
  };
}

const itself = (code: string): string => code;

/** Bytes of each element of the kernel's array. */
export function elementBytes(array: number, dtype: DType, capabilities: Capabilities): number {
  return storageOf(array, dtype, 1, capabilities).bytes;
}
