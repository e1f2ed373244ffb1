import type { Heap } from '../../heap/heap.js';
import type { KernelFactory } from '../../kernel.js';
import type { Blas } from '../load.js';
import { FRAME, routine } from './routine.js';
import { allFinite, copyInto, stackKernel } from './stack.js';

/** By gelqf and orglq: to LAPACK, rows are columns, and Aᵀ = L Q' says A = Q'ᵀ Lᵀ. */
export function qrFactory(blas: Blas, heap: Heap): KernelFactory<'qr'> | undefined {
  const gelqf = routine(blas, heap, 'dgelqf_', 'vvavaav');
  const orglq = routine(blas, heap, 'dorglq_', 'vvvavaav');
  if (gelqf === undefined || orglq === undefined) return undefined;
  return (problem) => {
    const [m, n] = problem.inputs[0]!.shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    const workSize = 64 * Math.max(m, n, 1);
    const bytes = FRAME + 8 * (m * n + k + workSize);
    return stackKernel('qr', problem, heap, bytes, ([a], [q, r], index, scratch) => {
      if (k === 0) return true;
      const matrix = scratch + FRAME;
      const [reflectors, work] = [matrix + 8 * m * n, matrix + 8 * (m * n + k)];
      const factors = heap.view('float64', matrix, m * n);
      copyInto(a!, index * m * n, m * n, factors, 0);
      if (!allFinite(factors, 0, m * n)) return false;
      if (gelqf(scratch, n, m, matrix, n, reflectors, work, workSize) !== 0) return false;
      const signs = new Float64Array(k);
      for (let i = 0; i < k; i++) {
        const sign = factors[i * n + i]! > 0 ? 1 : -1;
        signs[i] = sign;
        const row = (index * k + i) * n;
        r!.fill(0, row, row + i);
        for (let j = i; j < n; j++) r![row + j] = sign > 0 ? factors[i * n + j]! : 0 - factors[i * n + j]!;
      }
      if (orglq(scratch, k, m, k, matrix, n, reflectors, work, workSize) !== 0) return false;
      for (let i = 0; i < m; i++)
        for (let j = 0; j < k; j++) q![(index * m + i) * k + j] = factors[i * n + j]! * signs[j]!;
      return true;
    });
  };
}
