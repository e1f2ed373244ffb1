import type { Engine } from '../engine.js';
import type { Gemm, GemmProblem } from '../gemm/gemm.js';
import type { Heap } from '../heap/heap.js';
import { blasProduct } from '../kernels/product/blas.js';
import type { Code } from '../wasm/code.js';
import { i32, select } from '../wasm/code.js';
import type { WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import type { ForeignFunction } from './koffi.js';
import type { Blas } from './load.js';

/** CBLAS's names of layouts and transposes. */
const ROW_MAJOR = 101;
const transposed = (yes: boolean): number => (yes ? 112 : 111);

/** Products of fewer multiplications (128 x 128 x 128) are done before another thread is awake. */
const SHARED = 2 ** 21;
/** Into how many blocks the longer side of C is cut at most: each packs the factor that it shares with the others anew. */
const BLOCKS = 4;
/** From so many multiplications on the shorter side is cut too, in 2 or in 4. */
const HALVED = 2 ** 32;
const QUARTERED = 2 ** 36;
/** Multiplications that a block has at least. */
const BLOCK_PRODUCTS = 2 ** 19;
/** Rows and columns of a block are a multiple of this, so that kernels find whole tiles. */
const TILE = 16;

/**
 * The matrix product by BLAS on the heap's own memory. Its own threads are not used: several of them round differently
 * from one on many processors, and they would fight with ours for the cores. Large products are cut in blocks by their
 * sizes alone, and our threads compute one after another, so the bits do not depend on how many there are.
 */
export function blasGemm(blas: Blas, engine: Pick<Engine, 'heap' | 'functions' | 'parallel'>): Gemm {
  const { heap } = engine;
  const multiply = { float32: blas.imports['sgemm']!, float64: blas.imports['dgemm']! };
  const multiplyVector = {
    float32: blas.declare(
      'void cblas_sgemv(int,int,int,int,float,uintptr_t,int,uintptr_t,int,float,uintptr_t,int)',
    )!,
    float64: blas.declare(
      'void cblas_dgemv(int,int,int,int,double,uintptr_t,int,uintptr_t,int,double,uintptr_t,int)',
    )!,
  };

  return (problem) => {
    const { dtype, m, n, k, accumulate } = problem;
    if (m === 0 || n === 0) return () => undefined;
    if (k === 0) return accumulate ? () => undefined : (_a, _b, c) => clear(heap, problem, c);
    if (m === 1 || n === 1) return vectorProduct(problem, multiplyVector[dtype], blas, heap);
    const block = blockOf(problem);
    return block === undefined
      ? wholeProduct(problem, multiply[dtype], blas)
      : blockedProduct(problem, block, blas, engine);
  };
}

function wholeProduct(
  { transposeA, transposeB, m, n, k, lda, ldb, ldc, accumulate }: GemmProblem,
  multiply: ForeignFunction,
  blas: Blas,
): (a: number, b: number, c: number) => void {
  const [ta, tb] = [transposed(transposeA), transposed(transposeB)];
  const beta = accumulate ? 1 : 0;
  return (a, b, c) => {
    const base = blas.base();
    multiply(ROW_MAJOR, ta, tb, m, n, k, 1, base + a, lda, base + b, ldb, beta, base + c, ldc);
  };
}

/** Rows and columns of C in a block. */
interface Block {
  readonly rows: number;
  readonly columns: number;
}

/** Undefined where the product stays whole. */
function blockOf({ m, n, k }: GemmProblem): Block | undefined {
  const products = m * n * k;
  if (products < SHARED) return undefined;
  const long = cut(Math.max(m, n), Math.min(BLOCKS, Math.floor(products / BLOCK_PRODUCTS)));
  const short = cut(Math.min(m, n), products >= QUARTERED ? 4 : products >= HALVED ? 2 : 1);
  const block = m >= n ? { rows: long, columns: short } : { rows: short, columns: long };
  return block.rows < m || block.columns < n ? block : undefined;
}

/** The length of equal pieces, as many as wanted or a few less: an even number leaves no thread of two or four waiting. */
function cut(extent: number, wanted: number): number {
  const sizeOf = (count: number): number => Math.ceil(extent / count / TILE) * TILE;
  for (let count = wanted; count > 1; count--)
    if (Math.ceil(extent / sizeOf(count)) % 2 === 0) return sizeOf(count);
  return extent;
}

/** Items are blocks, row by row. */
function blockedProduct(
  problem: GemmProblem,
  { rows, columns }: Block,
  blas: Blas,
  engine: Pick<Engine, 'functions' | 'parallel'>,
): (a: number, b: number, c: number) => void {
  const { dtype, transposeA, transposeB, m, n, lda, ldb, ldc, accumulate } = problem;
  const bytes = dtype === 'float32' ? 4 : 8;
  const across = Math.ceil(n / columns);
  const items = Math.ceil(m / rows) * across;
  const product = blasProduct(problem, blas.base());
  const key = `gemm blocks ${JSON.stringify([problem, rows, columns])}`;
  const multiply = engine.functions(key, () => [...product.functions, define()]).at(-1)!;
  return (a, b, c) => engine.parallel(multiply, [a, b, c], items, 1);

  function define(): WasmFunction {
    return defineFunction({
      parameters: { a: 'i32', b: 'i32', c: 'i32', begin: 'i32', end: 'i32' },
      body({ a, b, c, begin, end }, frame) {
        const item = frame.local('i32');
        /** Where the block begins along an axis, and how long it is there. */
        const piece = (number: Code, size: number, extent: number) => {
          const from = frame.keep('i32', i32.mul(number, i32.const(size)));
          const rest = i32.sub(i32.const(extent), from.get);
          const count = frame.keep('i32', select(i32.ltU(rest, i32.const(size)), rest, i32.const(size)));
          return { code: [from.code, count.code], from: from.get, count: count.get };
        };
        const down = piece(i32.divU(item.get, i32.const(across)), rows, m);
        const along = piece(i32.remU(item.get, i32.const(across)), columns, n);
        const at = (start: Code, from: Code, step: number): Code =>
          i32.add(start, i32.mul(from, i32.const(step * bytes)));
        return frame.range(item, begin.get, end.get, 1, [
          down.code,
          along.code,
          product.multiply(frame, {
            a: at(a.get, down.from, transposeA ? 1 : lda),
            b: at(b.get, along.from, transposeB ? ldb : 1),
            c: at(at(c.get, down.from, ldc), along.from, 1),
            scratch: i32.const(0),
            accumulate: i32.const(accumulate ? 1 : 0),
            m: down.count,
            n: along.count,
          }),
        ]);
      },
    });
  }
}

/** By gemv, on one thread: it waits for memory. */
function vectorProduct(
  problem: GemmProblem,
  multiply: ForeignFunction,
  blas: Blas,
  heap: Pick<Heap, 'view'>,
): (a: number, b: number, c: number) => void {
  const { transposeA, transposeB, m, n, k, lda, ldb, ldc, accumulate } = problem;
  const row = m === 1;
  // The stored matrix with its rows and columns, and whether its transpose is applied to the vector.
  const [rows, columns, ld, flip] = row
    ? transposeB
      ? [n, k, ldb, false]
      : [k, n, ldb, true]
    : transposeA
      ? [k, m, lda, true]
      : [m, k, lda, false];
  const stepIn = row ? (transposeA ? lda : 1) : transposeB ? 1 : ldb;
  const stepOut = row ? 1 : ldc;
  const trans = transposed(flip);
  return (a, b, c) => {
    // With beta = 0 versions differ in what they make of a NaN that lies in C.
    if (!accumulate) clear(heap, problem, c);
    const base = blas.base();
    const [matrix, vector] = row ? [b, a] : [a, b];
    multiply(
      ROW_MAJOR,
      trans,
      rows,
      columns,
      1,
      base + matrix,
      ld,
      base + vector,
      stepIn,
      1,
      base + c,
      stepOut,
    );
  };
}

function clear(heap: Pick<Heap, 'view'>, { dtype, m, n, ldc }: GemmProblem, c: number): void {
  const view = heap.view(dtype, c, (m - 1) * ldc + n);
  if (n === ldc) view.fill(0);
  else for (let i = 0; i < m; i++) view.fill(0, i * ldc, i * ldc + n);
}
