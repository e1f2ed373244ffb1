import type { Engine } from '../../engine.js';
import type { KernelFactory } from '../../kernel.js';
import type { Blas } from '../load.js';
import { FRAME, LOWER, routine, VECTORS } from './routine.js';
import { squares } from './squares.js';
import { doubles, stackKernel } from './stack.js';

/**
 * By syevd (divide and conquer), which scales what is too large or too small on its own. The upper triangle of rows is
 * the lower one of columns. Eigenvectors come as rows, each with its sign made the reference's.
 */
export function eighFactory(
  blas: Blas,
  engine: Pick<Engine, 'heap' | 'functions'>,
): KernelFactory<'eigh'> | undefined {
  const { heap } = engine;
  const syevd = routine(blas, heap, 'dsyevd_', 'llvavaavav');
  if (syevd === undefined) return undefined;
  return (problem) => {
    const { shape, dtype } = problem.inputs[0]!;
    const n = shape.at(-1)!;
    const size = n * n;
    const inPlace = dtype === 'float64';
    const [workSize, integerSize] = [1 + 6 * n + 2 * size, 3 + 5 * n];
    const atWork = FRAME + (inPlace ? 0 : 8 * (size + n));
    const bytes = atWork + 8 * workSize + 4 * integerSize;
    const { symmetrize, fixRowSigns, transpose } = squares(engine, dtype);
    const { write } = doubles(heap, dtype);
    return stackKernel('eigh', problem, heap, bytes, ([a, values, vectors], scratch) => {
      if (n === 0) return true;
      const matrix = inPlace ? vectors! : scratch + FRAME;
      const eigenvalues = inPlace ? values! : matrix + 8 * size;
      const work = scratch + atWork;
      const integers = work + 8 * workSize;
      if (symmetrize(a!, matrix, n) === 0) return false;
      const info = syevd(scratch, VECTORS, LOWER, n, matrix, n, eigenvalues, work, workSize, integers, integerSize); // prettier-ignore
      if (info !== 0) return false;
      fixRowSigns(matrix, n);
      transpose(matrix, n);
      if (inPlace) return true;
      write(matrix, size, vectors!);
      write(eigenvalues, n, values!);
      return true;
    });
  };
}
