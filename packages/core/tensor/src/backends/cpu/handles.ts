import { bytesPerElement } from '../../dtype.js';
import type { Aval } from '../../shape.js';
import { sizeOf } from '../../shape.js';
import type { BackendMemory, BufferHandle } from '../backend.js';
import type { Heap } from './heap/heap.js';

/** A tensor's block on the heap. */
export interface HeapBuffer extends BufferHandle {
  readonly address: number;
}

/** The blocks that tensors own, with their count in bytes. */
export interface Handles {
  readonly take: (bytes: number) => HeapBuffer;
  readonly takeFor: (aval: Aval) => HeapBuffer;
  readonly give: (handle: HeapBuffer) => void;
  /** As `give`, for the token alone; a token that is not (or no longer) known is ignored. */
  readonly reclaim: (token: number) => void;
  readonly memory: () => BackendMemory;
}

/**
 * Tokens are serial numbers and never used twice: a finalizer may report a tensor long after its block was given back
 * by other means and belongs to another tensor.
 */
export function createHandles(heap: Heap): Handles {
  const alive = new Map<number, HeapBuffer>();
  let next = 1;
  let bytes = 0;
  let peak = 0;

  const take = (size: number): HeapBuffer => {
    const handle = { bytes: size, token: next++, address: heap.take(size) };
    alive.set(handle.token, handle);
    bytes += size;
    if (bytes > peak) peak = bytes;
    return handle;
  };
  const give = (handle: HeapBuffer): void => {
    if (!alive.delete(handle.token)) return;
    bytes -= handle.bytes;
    heap.give(handle.address, handle.bytes);
  };
  return {
    take,
    takeFor: ({ shape, dtype }) => take(sizeOf(shape) * bytesPerElement(dtype)),
    give,
    reclaim: (token) => {
      const handle = alive.get(token);
      if (handle !== undefined) give(handle);
    },
    memory: () => ({ bytes, peakBytes: peak, pooledBytes: heap.size() - bytes }),
  };
}
