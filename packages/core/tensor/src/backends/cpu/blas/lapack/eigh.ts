import type { TypedArray } from '../../../../dtype.js';
import type { Heap } from '../../heap/heap.js';
import type { KernelFactory } from '../../kernel.js';
import type { Blas } from '../load.js';
import { FRAME, routine, UPPER, VECTORS } from './routine.js';
import { stackKernel, transposeInto } from './stack.js';
import { balancingScale } from '../../../../primitives/linalg/host.js';

/** By syevd (divide and conquer). Eigenvectors come as rows, each with its sign made the reference's. */
export function eighFactory(blas: Blas, heap: Heap): KernelFactory<'eigh'> | undefined {
  const syevd = routine(blas, heap, 'dsyevd_', 'llvavaavav');
  if (syevd === undefined) return undefined;
  return (problem) => {
    const n = problem.inputs[0]!.shape.at(-1)!;
    const size = n * n;
    const [workSize, integerSize] = [1 + 6 * n + 2 * size, 3 + 5 * n];
    const bytes = FRAME + 8 * (size + n + workSize) + 4 * integerSize;
    return stackKernel('eigh', problem, heap, bytes, ([a], [values, vectors], index, scratch) => {
      if (n === 0) return true;
      const matrix = scratch + FRAME;
      const eigenvalues = matrix + 8 * size;
      const work = eigenvalues + 8 * n;
      const basis = heap.view('float64', matrix, size);
      readLower(a!, index * size, n, basis);
      const scale = balancingScale(basis, 0, size);
      if (scale === undefined) return false;
      if (scale !== 1) for (let i = 0; i < size; i++) basis[i]! *= scale;
      const integers = work + 8 * workSize;
      const info = syevd(
        scratch,
        VECTORS,
        UPPER,
        n,
        matrix,
        n,
        eigenvalues,
        work,
        workSize,
        integers,
        integerSize,
      );
      if (info !== 0) return false;
      for (let j = 0; j < n; j++) fixSign(basis, j * n, n);
      transposeInto(basis, 0, n, n, vectors!, index * size);
      const spectrum = heap.view('float64', eigenvalues, n);
      for (let i = 0; i < n; i++) values![index * n + i] = spectrum[i]! / scale;
      return true;
    });
  };
}

/** The lower triangle, and zeros where the routine reads nothing. */
function readLower(from: TypedArray, start: number, n: number, to: TypedArray): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) to[i * n + j] = from[start + i * n + j]!;
    for (let j = i * n + i + 1; j < (i + 1) * n; j++) to[j] = 0;
  }
}

/** As `fixColumnSigns` of the reference, for a vector that lies in a row. */
function fixSign(vectors: TypedArray, start: number, length: number): void {
  let largest = 0;
  for (let i = start; i < start + length; i++) largest = Math.max(largest, Math.abs(vectors[i]!));
  const enough = largest * (1 - 1e-6);
  let first = start;
  while (first < start + length && Math.abs(vectors[first]!) < enough) first++;
  if (first < start + length && vectors[first]! < 0)
    for (let i = start; i < start + length; i++) vectors[i] = -vectors[i]!;
}
