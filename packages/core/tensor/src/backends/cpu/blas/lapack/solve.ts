import type { TypedArray } from '../../../../dtype.js';
import type { Heap } from '../../heap/heap.js';
import type { KernelFactory } from '../../kernel.js';
import type { Blas } from '../load.js';
import { FRAME, NOT_TRANSPOSED, routine } from './routine.js';
import { allFinite, doubles, stackKernel, transposeInto } from './stack.js';

/**
 * By getrf and getrs. The matrix is handed over by columns, so that rows are exchanged as the reference does: the same
 * pivots, and the same matrices are singular.
 */
export function solveFactory(blas: Blas, heap: Heap): KernelFactory<'solve'> | undefined {
  const getrf = routine(blas, heap, 'dgetrf_', 'vvava');
  const getrs = routine(blas, heap, 'dgetrs_', 'lvvavaav');
  if (getrf === undefined || getrs === undefined) return undefined;
  return (problem) => {
    const { shape, dtype } = problem.inputs[1]!;
    const [n, k] = shape.slice(-2) as [number, number];
    const { transpose } = problem.params;
    const size = n * n;
    const bytes = FRAME + 8 * (size + n * k) + 4 * n;
    return stackKernel('solve', problem, heap, bytes, ([a, b, x], scratch) => {
      if (n * k === 0) return true;
      const matrix = scratch + FRAME;
      const [columns, pivots] = [matrix + 8 * size, matrix + 8 * (size + n * k)];
      const factors = heap.view('float64', matrix, size);
      const given = heap.view(dtype, a!, size);
      if (transpose) factors.set(given);
      else transposeInto(given, n, n, factors);
      if (!allFinite(factors)) return false;
      if (getrf(scratch, n, n, matrix, n, pivots) !== 0) return false;
      const right = heap.view('float64', columns, n * k);
      transposeInto(heap.view(dtype, b!, n * k), n, k, right);
      getrs(scratch, NOT_TRANSPOSED, n, k, matrix, n, pivots, columns, n);
      transposeInto(right, k, n, heap.view(dtype, x!, n * k));
      return true;
    });
  };
}

/** By getrf; as many exchanges as pivots that are not their own row. */
export function slogdetFactory(blas: Blas, heap: Heap): KernelFactory<'slogdet'> | undefined {
  const getrf = routine(blas, heap, 'dgetrf_', 'vvava');
  if (getrf === undefined) return undefined;
  return (problem) => {
    const { shape, dtype } = problem.inputs[0]!;
    const n = shape.at(-1)!;
    const size = n * n;
    const bytes = FRAME + 8 * size + 4 * n;
    return stackKernel('slogdet', problem, heap, bytes, ([a, sign, logarithm], scratch) => {
      const [matrix, pivots] = [scratch + FRAME, scratch + FRAME + 8 * size];
      const factors = heap.view('float64', matrix, size);
      transposeInto(heap.view(dtype, a!, size), n, n, factors);
      if (!allFinite(factors)) return false;
      if (n > 0 && getrf(scratch, n, n, matrix, n, pivots) < 0) return false;
      const rows = heap.view('int32', pivots, n);
      let [signs, logarithms] = [1, 0];
      for (let i = 0; i < n; i++) {
        const pivot = factors[i * n + i]!;
        signs *= Math.sign(pivot) * (rows[i] === i + 1 ? 1 : -1);
        logarithms += Math.log(Math.abs(pivot));
      }
      heap.view(dtype, sign!, 1)[0] = signs === 0 ? 0 : signs; // no -0
      heap.view(dtype, logarithm!, 1)[0] = signs === 0 ? -Infinity : logarithms;
      return true;
    });
  };
}

/** CBLAS's names. */
const [ROW_MAJOR, LEFT] = [101, 141];

/** By trsm, which takes rows. */
export function triangularSolveFactory(blas: Blas, heap: Heap): KernelFactory<'triangularSolve'> | undefined {
  const trsm = blas.declare(
    'void cblas_dtrsm(int,int,int,int,int,int,int,double,uintptr_t,int,uintptr_t,int)',
  );
  if (trsm === undefined) return undefined;
  return (problem) => {
    const { shape, dtype } = problem.inputs[1]!;
    const [n, k] = shape.slice(-2) as [number, number];
    const { lower, transpose, unitDiagonal } = problem.params;
    const flags = [lower ? 122 : 121, transpose ? 112 : 111, unitDiagonal ? 132 : 131] as const;
    const size = n * n;
    const bytes = 8 * (size + n * k);
    const { read, write } = doubles(heap, dtype);
    return stackKernel('triangularSolve', problem, heap, bytes, ([a, b, x], scratch) => {
      if (n * k === 0) return true;
      const matrix = heap.view('float64', scratch, size);
      const columns = scratch + 8 * size;
      const right = heap.view('float64', columns, n * k);
      read(a!, size, scratch);
      read(b!, n * k, columns);
      // Substitution in another order would spread what is not finite differently.
      if (!allFinite(matrix) || !allFinite(right)) return false;
      if (!unitDiagonal && vanishes(matrix, n)) return false;
      const base = blas.base();
      trsm(ROW_MAJOR, LEFT, ...flags, n, k, 1, base + scratch, n, base + columns, k);
      write(columns, n * k, x!);
      return true;
    });
  };
}

/** Whether an entry of the diagonal is 0, or so small that its reciprocal, which trsm multiplies by, is not finite. */
function vanishes(matrix: TypedArray, n: number): boolean {
  for (let i = 0; i < n; i++) if (Math.abs(1 / matrix[i * n + i]!) === Infinity) return true;
  return false;
}
