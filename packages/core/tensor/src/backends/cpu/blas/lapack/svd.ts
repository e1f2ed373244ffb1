import type { TypedArray } from '../../../../dtype.js';
import type { Heap } from '../../heap/heap.js';
import type { KernelFactory } from '../../kernel.js';
import type { Blas } from '../load.js';
import { FRAME, routine, SHORT } from './routine.js';
import { allFinite, doubles, stackKernel } from './stack.js';

/**
 * By gesdd (divide and conquer), which scales what is too large or too small on its own. To LAPACK, rows are columns, so
 * it decomposes Aᵀ = V S Uᵀ: its left factor by columns is our Vᵀ by rows, and its right one our U.
 */
export function svdFactory(blas: Blas, heap: Heap): KernelFactory<'svd'> | undefined {
  const gesdd = routine(blas, heap, 'dgesdd_', 'lvvavaavavava');
  if (gesdd === undefined) return undefined;
  return (problem) => {
    const { shape, dtype } = problem.inputs[0]!;
    const [m, n] = shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    // More than the least that dgesdd documents, 4 k² + 7 k + max(m, n), by room for blocks.
    const workSize = 6 * k * k + 10 * k + 72 * (m + n);
    const inPlace = dtype === 'float64';
    const atFactors = FRAME + 8 * m * n;
    const atWork = atFactors + (inPlace ? 0 : 8 * (m * k + k + k * n));
    const bytes = atWork + 8 * workSize + 4 * 8 * k;
    const { read, write } = doubles(heap, dtype);
    return stackKernel('svd', problem, heap, bytes, ([a, u, s, vt], scratch) => {
      if (k === 0) return true;
      const [matrix, work, spare] = [scratch + FRAME, scratch + atWork, scratch + atFactors];
      const [left, values, right] = inPlace
        ? [u!, s!, vt!]
        : [spare, spare + 8 * m * k, spare + 8 * (m * k + k)];
      read(a!, m * n, matrix);
      if (!allFinite(heap.view('float64', matrix, m * n))) return false;
      const integers = work + 8 * workSize;
      if (gesdd(scratch, SHORT, n, m, matrix, n, values, right, n, left, k, work, workSize, integers) !== 0)
        return false;
      fixSigns(heap.view('float64', left, m * k), heap.view('float64', right, k * n), m, k, n);
      if (inPlace) return true;
      write(left, m * k, u!);
      write(values, k, s!);
      write(right, k * n, vt!);
      return true;
    });
  };
}

/** As `fixColumnSigns` of the reference, for the columns of u [m, k] and the rows of vt [k, n]; u is walked by rows. */
function fixSigns(u: TypedArray, vt: TypedArray, m: number, k: number, n: number): void {
  const enough = new Float64Array(k);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < k; j++) enough[j] = Math.max(enough[j]!, Math.abs(u[i * k + j]!));
  for (let j = 0; j < k; j++) enough[j]! *= 1 - 1e-6;
  const signs = new Float64Array(k);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < k; j++) {
      const entry = u[i * k + j]!;
      if (signs[j] === 0 && Math.abs(entry) >= enough[j]!) signs[j] = entry < 0 ? -1 : 1;
    }
  for (let i = 0; i < m; i++) for (let j = 0; j < k; j++) u[i * k + j]! *= signs[j]!;
  for (let j = 0; j < k; j++) if (signs[j]! < 0) for (let i = 0; i < n; i++) vt[j * n + i] = -vt[j * n + i]!;
}
