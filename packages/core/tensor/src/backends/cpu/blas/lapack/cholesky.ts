import type { Heap } from '../../heap/heap.js';
import type { KernelFactory } from '../../kernel.js';
import type { Blas } from '../load.js';
import { FRAME, routine, UPPER } from './routine.js';
import { copyInto, stackKernel } from './stack.js';

/** By potrf: the lower triangle of rows is the upper one of columns, and so is the factor. */
export function choleskyFactory(blas: Blas, heap: Heap): KernelFactory<'cholesky'> | undefined {
  const potrf = routine(blas, heap, 'dpotrf_', 'lvav');
  if (potrf === undefined) return undefined;
  return (problem) => {
    const { shape } = problem.inputs[0]!;
    const n = shape.at(-1)!;
    const bytes = FRAME + 8 * n * n;
    return stackKernel('cholesky', problem, heap, bytes, ([a], [l], index, scratch) => {
      const size = n * n;
      if (size === 0) return true;
      const matrix = scratch + FRAME;
      const factor = heap.view('float64', matrix, size);
      copyInto(a!, index * size, size, factor, 0);
      if (potrf(scratch, UPPER, n, matrix, n) !== 0) return false;
      for (let i = 0; i < n; i++) {
        // A pivot that is not finite is found by no comparison with 0.
        if (!(factor[i * n + i]! < Infinity)) return false;
        for (let j = i * n + i + 1; j < (i + 1) * n; j++) factor[j] = 0;
      }
      copyInto(factor, 0, size, l!, index * size);
      return true;
    });
  };
}
