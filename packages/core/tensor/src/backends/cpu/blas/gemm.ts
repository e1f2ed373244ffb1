import type { Gemm, GemmProblem } from '../gemm/gemm.js';
import type { Heap } from '../heap/heap.js';
import type { ForeignFunction } from './koffi.js';
import type { Blas } from './load.js';

/** CBLAS's names of layouts and transposes. */
const ROW_MAJOR = 101;
const transposed = (yes: boolean): number => (yes ? 112 : 111);

/**
 * OpenBLAS rounds differently with one thread and with several in two places (measured with 0.3.21): where a thread's
 * share of the columns ends within a tile, and where k is longer than its blocks, which it then halves in two ways. So
 * several threads get whole tiles of columns, and k in panels that no core's blocks are shorter than; the columns that
 * are left over are one thread's. More than 8 threads get shares that end within a tile all the same.
 */
const TILE = 64;
const PANEL = 256;
const MOST_THREADS = 8;
/**
 * From 2^21 products on (128 x 128 x 128) a second thread that is awake saves a third of the time. One that sleeps takes
 * 22 us to wake: there it still saves a tenth in float64, and costs a fifth in float32, up to 2^22 products.
 */
const THREADED = 2 ** 21;

/**
 * The matrix product by BLAS on the heap's own memory. Products do not depend on the thread count, bit for bit: how one
 * is cut depends on its sizes alone.
 */
export function blasGemm(blas: Blas, heap: Pick<Heap, 'view'>): Gemm {
  const multiply = { float32: blas.imports['sgemm']!, float64: blas.imports['dgemm']! };
  const multiplyVector = {
    float32: blas.declare(
      'void cblas_sgemv(int,int,int,int,float,uintptr_t,int,uintptr_t,int,float,uintptr_t,int)',
    )!,
    float64: blas.declare(
      'void cblas_dgemv(int,int,int,int,double,uintptr_t,int,uintptr_t,int,double,uintptr_t,int)',
    )!,
  };
  const several = largestPowerOfTwo(Math.min(blas.threads, MOST_THREADS));

  return (problem) => {
    const { dtype, m, n, k, accumulate } = problem;
    if (m === 0 || n === 0) return () => undefined;
    if (k === 0) return accumulate ? () => undefined : (_a, _b, c) => clear(heap, problem, c);
    if (m === 1 || n === 1) return vectorProduct(problem, multiplyVector[dtype], blas, heap);
    return matrixProduct(problem, multiply[dtype], blas, several);
  };
}

function matrixProduct(
  problem: GemmProblem,
  multiply: ForeignFunction,
  blas: Blas,
  several: number,
): (a: number, b: number, c: number) => void {
  const { dtype, transposeA, transposeB, m, n, k, lda, ldb, ldc, accumulate } = problem;
  const [ta, tb] = [transposed(transposeA), transposed(transposeB)];
  const beta = accumulate ? 1 : 0;
  const whole = n - (n % TILE);
  if (m * n * k < THREADED || whole === 0) {
    return (a, b, c) => {
      const base = blas.base();
      blas.setThreads(1);
      multiply(ROW_MAJOR, ta, tb, m, n, k, 1, base + a, lda, base + b, ldb, beta, base + c, ldc);
    };
  }
  const bytes = dtype === 'float32' ? 4 : 8;
  const stepA = bytes * (transposeA ? lda : 1);
  const stepB = bytes * (transposeB ? 1 : ldb);
  const restB = bytes * whole * (transposeB ? ldb : 1);
  return (a, b, c) => {
    const base = blas.base();
    blas.setThreads(several);
    for (let at = 0; at < k; at += PANEL) {
      const depth = Math.min(PANEL, k - at);
      const [fromA, fromB] = [base + a + at * stepA, base + b + at * stepB];
      multiply(
        ROW_MAJOR,
        ta,
        tb,
        m,
        whole,
        depth,
        1,
        fromA,
        lda,
        fromB,
        ldb,
        at > 0 ? 1 : beta,
        base + c,
        ldc,
      );
    }
    if (whole === n) return;
    blas.setThreads(1);
    const toC = base + c + whole * bytes;
    multiply(ROW_MAJOR, ta, tb, m, n - whole, k, 1, base + a, lda, base + b + restB, ldb, beta, toC, ldc);
  };
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
    blas.setThreads(1);
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

function largestPowerOfTwo(atMost: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(1, atMost)));
}
