import type { TypedArray } from '../../../../dtype.js';
import type { Heap } from '../../heap/heap.js';
import type { KernelFactory } from '../../kernel.js';
import type { Blas } from '../load.js';
import { FRAME, routine, SHORT } from './routine.js';
import { copyInto, stackKernel } from './stack.js';
import { balancingScale } from '../../../../primitives/linalg/host.js';

/**
 * By gesdd (divide and conquer). To LAPACK, rows are columns, so it decomposes Aᵀ = V S Uᵀ: its left factor by columns is
 * our Vᵀ by rows, and its right one our U.
 */
export function svdFactory(blas: Blas, heap: Heap): KernelFactory<'svd'> | undefined {
  const gesdd = routine(blas, heap, 'dgesdd_', 'lvvavaavavava');
  if (gesdd === undefined) return undefined;
  return (problem) => {
    const [m, n] = problem.inputs[0]!.shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    // More than the least that dgesdd documents, 4 k² + 7 k + max(m, n), by room for blocks.
    const workSize = 6 * k * k + 10 * k + 72 * (m + n);
    const [atS, atU] = [m * n, m * n + k];
    const atV = atU + m * k;
    const atWork = atV + k * n;
    const bytes = FRAME + 8 * (atWork + workSize) + 4 * 8 * k;
    return stackKernel('svd', problem, heap, bytes, ([a], [u, s, vt], index, scratch) => {
      if (k === 0) return true;
      const start = scratch + FRAME;
      const all = heap.view('float64', start, atWork);
      copyInto(a!, index * m * n, m * n, all, 0);
      const scale = balancingScale(all, 0, m * n);
      if (scale === undefined) return false;
      if (scale !== 1) for (let i = 0; i < m * n; i++) all[i]! *= scale;
      const [work, integers] = [start + 8 * atWork, start + 8 * (atWork + workSize)];
      const [values, left, right] = [start + 8 * atS, start + 8 * atU, start + 8 * atV];
      if (gesdd(scratch, SHORT, n, m, start, n, values, right, n, left, k, work, workSize, integers) !== 0)
        return false;
      fixSigns(all.subarray(atU, atV), all.subarray(atV, atWork), m, k, n);
      copyInto(all, atU, m * k, u!, index * m * k);
      copyInto(all, atV, k * n, vt!, index * k * n);
      for (let i = 0; i < k; i++) s![index * k + i] = all[atS + i]! / scale;
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
