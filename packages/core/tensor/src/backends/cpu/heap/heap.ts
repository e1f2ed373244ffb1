import type { DType, TypedArray } from '../../../dtype.js';
import type { AllocationGroup } from '../../backend.js';
import type { MemoryType } from '../wasm/module.js';
import type { WasmMemory } from '../wasm/platform.js';

/** One WebAssembly memory with an allocator: every tensor's elements lie here, where compiled kernels and BLAS reach them. */
export interface Heap {
  readonly memory: WasmMemory;
  readonly type: MemoryType;
  /** The address of a fresh block, a multiple of 64. Contents are undefined. */
  readonly take: (bytes: number) => number;
  /** Takes a block back; `bytes` as they were asked for. */
  readonly give: (address: number, bytes: number) => void;
  readonly view: (dtype: DType, address: number, size: number) => TypedArray;
  /** Bytes that the memory has grown to. */
  readonly size: () => number;
  /** Where the heap notes them: all blocks that are taken, by where that was. Throws when one was overrun. */
  readonly allocations?: () => AllocationGroup[];
}
