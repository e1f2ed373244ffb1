import type { Blas } from './blas/load.js';
import type { Gemm } from './gemm/gemm.js';
import type { Heap } from './heap/heap.js';
import type { ModuleFunction } from './wasm/module.js';
import type { WasmModule } from './wasm/platform.js';

/** A compiled function on the heap. */
export interface KernelFunction {
  /** Runs it on this thread. */
  readonly call: (...args: number[]) => number;
  /** What another thread needs to run it: the module, and its place in it. */
  readonly module: WasmModule;
  readonly index: number;
}

/** What kernels are made with. */
export interface Engine {
  readonly heap: Heap;
  /** Whether modules may use relaxed SIMD (fused multiply-add). */
  readonly relaxed: boolean;
  /** How many threads `parallel` may use, this one included. */
  readonly threads: number;
  /** The system's BLAS and LAPACK, where there are any. */
  readonly blas: Blas | undefined;
  /** The functions of a module, compiled once for each `key`. They may import those of `blas.imports`. */
  readonly functions: (key: string, define: () => readonly ModuleFunction[]) => readonly KernelFunction[];
  /**
   * Calls `f(...args, begin, end)` such that the ranges cover 0 … items - 1, on as many threads as pay off: on one where
   * there are no more than `grain` items, else in ranges of about so many or more. No result may depend on how the items
   * are cut. With `scratchBytes`, f gets one more argument: the address of that many bytes of its own.
   */
  readonly parallel: (
    f: KernelFunction,
    args: readonly number[],
    items: number,
    grain: number,
    scratchBytes?: number,
  ) => void;
  /** The matrix product: BLAS where there is one, WebAssembly where not. Threads on its own. */
  readonly gemm: Gemm;
}
