import type { Heap } from '../../heap/heap.js';
import type { KernelFactory } from '../../kernel.js';
import type { Blas } from '../load.js';
import { FRAME, routine } from './routine.js';
import { allFinite, doubles, stackKernel } from './stack.js';

/** By gelqf and orglq: to LAPACK, rows are columns, and Aᵀ = L Q' says A = Q'ᵀ Lᵀ. */
export function qrFactory(blas: Blas, heap: Heap): KernelFactory<'qr'> | undefined {
  const gelqf = routine(blas, heap, 'dgelqf_', 'vvavaav');
  const orglq = routine(blas, heap, 'dorglq_', 'vvvavaav');
  if (gelqf === undefined || orglq === undefined) return undefined;
  return (problem) => {
    const { shape, dtype } = problem.inputs[0]!;
    const [m, n] = shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    const workSize = 64 * Math.max(m, n, 1);
    const bytes = FRAME + 8 * (m * n + k + workSize);
    const { read } = doubles(heap, dtype);
    return stackKernel('qr', problem, heap, bytes, ([a, q, r], scratch) => {
      if (k === 0) return true;
      const matrix = scratch + FRAME;
      const [reflectors, work] = [matrix + 8 * m * n, matrix + 8 * (m * n + k)];
      read(a!, m * n, matrix);
      const factors = heap.view('float64', matrix, m * n);
      if (!allFinite(factors)) return false;
      if (gelqf(scratch, n, m, matrix, n, reflectors, work, workSize) !== 0) return false;
      const [left, right] = [heap.view(dtype, q!, m * k), heap.view(dtype, r!, k * n)];
      const signs = new Float64Array(k);
      for (let i = 0; i < k; i++) {
        const sign = factors[i * n + i]! > 0 ? 1 : -1;
        signs[i] = sign;
        const row = i * n;
        right.fill(0, row, row + i);
        for (let j = i; j < n; j++) right[row + j] = sign > 0 ? factors[row + j]! : 0 - factors[row + j]!;
      }
      if (orglq(scratch, k, m, k, matrix, n, reflectors, work, workSize) !== 0) return false;
      for (let i = 0; i < m; i++)
        for (let j = 0; j < k; j++) left[i * k + j] = factors[i * n + j]! * signs[j]!;
      return true;
    });
  };
}
