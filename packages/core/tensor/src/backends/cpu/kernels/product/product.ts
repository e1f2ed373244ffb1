import type { Engine } from '../../engine.js';
import type { GemmProblem } from '../../gemm/gemm.js';
import type { Code } from '../../wasm/code.js';
import type { Frame, ModuleFunction } from '../../wasm/module.js';
import { blasProduct } from './blas.js';
import { wasmProduct } from './wasm.js';

/** A matrix product of a kernel's own: sizes are the largest that it has. */
export type ProductProblem = Omit<GemmProblem, 'accumulate'>;

/** One product in the kernel's code. Operands are read several times: constants, or locals that are set before. */
export interface ProductCall {
  /** Addresses of the matrices, and of `scratchBytes` of memory. */
  readonly a: Code;
  readonly b: Code;
  readonly c: Code;
  readonly scratch: Code;
  /** C += A B where it is not 0. */
  readonly accumulate: Code;
  /** Sizes, where they are not the problem's. */
  readonly m?: Code;
  readonly n?: Code;
  readonly k?: Code;
}

/** The matrix product as a part of a kernel, computed by the thread that runs it. */
export interface Product {
  /** What a module must begin with to use it. */
  readonly functions: readonly ModuleFunction[];
  readonly scratchBytes: number;
  readonly multiply: (frame: Frame, call: ProductCall) => Code;
}

/**
 * The matrix product for kernels that make many small ones and run on several threads: by BLAS where there is one, each
 * call on one thread, by WebAssembly where not. No size may be 0.
 */
export function innerProduct(problem: ProductProblem, engine: Engine): Product {
  return engine.blas === undefined
    ? wasmProduct(problem, engine.relaxed)
    : blasProduct(problem, engine.blas.base());
}

/**
 * OpenBLAS has kernels for small matrices that multiply them as they lie, without packing them first, where that makes a
 * difference most: up to 100^3 products, and where B is transposed, up to 1200 results (AVX-512, since 0.3.18). With them
 * sizes as in a convolution's blocks take three quarters of the time. Other libraries take such sizes as well as others.
 */
export const small = { products: 1e6, transposedResults: 1200 } as const;

/** Products that are worth handing to another thread: about 10 µs. */
const threadedProducts = 1 << 19;

/** How many items of so many products each make a thread's share at least. */
export const grainOf = (products: number): number => Math.max(1, Math.ceil(threadedProducts / products));
