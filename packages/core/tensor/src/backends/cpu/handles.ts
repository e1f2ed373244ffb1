import type { BackendMemory, BufferHandle } from '../backend.js';
import type { Heap } from './heap/heap.js';

/** A tensor's block on the heap. */
export interface HeapBuffer extends BufferHandle {
  readonly address: number;
  /** Its place in the list of those alive. */
  readonly slot: number;
}

/** The blocks that tensors own, with their count in bytes. */
export interface Handles {
  readonly take: (bytes: number) => HeapBuffer;
  readonly give: (handle: HeapBuffer) => void;
  /** As `give`, for the token alone; a token that is not (or no longer) known is ignored. */
  readonly reclaim: (token: number) => void;
  readonly memory: () => BackendMemory;
}

/** Blocks that can be alive at a time: as many of the smallest size as 4 GiB have room for. */
const mostSlots = 2 ** 26;

/**
 * Tokens are a place in the list and a serial number: a finalizer may report a tensor long after its block was given back
 * by other means and belongs to another tensor. A token comes again after 134 million blocks at the earliest.
 */
export function createHandles(heap: Heap): Handles {
  const alive: (HeapBuffer | undefined)[] = [];
  const vacant: number[] = [];
  let serial = 0;
  let bytes = 0;
  let peak = 0;

  const take = (size: number): HeapBuffer => {
    const address = heap.take(size);
    const slot = vacant.pop() ?? alive.length;
    // As many serial numbers as keep the token a safe integer.
    serial = (serial + 1) % 2 ** 27;
    const handle = { bytes: size, token: serial * mostSlots + slot, address, slot };
    alive[slot] = handle;
    bytes += size;
    if (bytes > peak) peak = bytes;
    return handle;
  };
  const give = (handle: HeapBuffer): void => {
    const { slot } = handle;
    if (alive[slot] !== handle) return;
    alive[slot] = undefined;
    vacant.push(slot);
    bytes -= handle.bytes;
    heap.give(handle.address, handle.bytes);
  };
  return {
    take,
    give,
    reclaim: (token) => {
      const handle = alive[token % mostSlots];
      if (handle?.token === token) give(handle);
    },
    memory: () => ({ bytes, peakBytes: peak, pooledBytes: heap.size() - bytes }),
  };
}
