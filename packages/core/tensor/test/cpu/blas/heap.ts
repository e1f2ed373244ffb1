import type { DType, TypedArray } from '../../../src/dtype.js';

interface TestHeap {
  readonly memory: { readonly buffer: SharedArrayBuffer };
  readonly take: (bytes: number) => number;
  readonly give: (address: number, bytes: number) => void;
  readonly view: (dtype: DType, address: number, size: number) => TypedArray;
}

/** A heap of fixed size; what is given back takes everything that was taken after it along. */
export function testHeap(bytes: number): TestHeap {
  const memory = { buffer: new SharedArrayBuffer(bytes) };
  let next = 64;
  return {
    memory,
    take: (size) => {
      const address = next;
      next += Math.ceil((size + 64) / 64) * 64;
      if (next > bytes) throw new Error('the test heap is full');
      return address;
    },
    give: (address) => void (next = Math.min(next, address)),
    view: (dtype, address, size) => {
      const make = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array };
      return new make[dtype](memory.buffer as unknown as ArrayBuffer, address, size);
    },
  };
}
