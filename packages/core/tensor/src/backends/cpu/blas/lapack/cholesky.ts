import type { Engine } from '../../engine.js';
import type { KernelFactory } from '../../kernel.js';
import type { Blas } from '../load.js';
import { FRAME, LOWER, routine } from './routine.js';
import { squares } from './squares.js';
import { doubles, stackKernel } from './stack.js';

/**
 * By potrf: the upper triangle of rows is the lower one of columns, which OpenBLAS factors faster than the upper one (by
 * half at n = 128), so that the transpose is worth it.
 */
export function choleskyFactory(
  blas: Blas,
  engine: Pick<Engine, 'heap' | 'functions'>,
): KernelFactory<'cholesky'> | undefined {
  const { heap } = engine;
  const potrf = routine(blas, heap, 'dpotrf_', 'lvav');
  if (potrf === undefined) return undefined;
  return (problem) => {
    const { shape, dtype } = problem.inputs[0]!;
    const n = shape.at(-1)!;
    const inPlace = dtype === 'float64';
    const bytes = FRAME + (inPlace ? 0 : 8 * n * n);
    const { symmetrize, lowerFromUpper } = squares(engine, dtype);
    const { write } = doubles(heap, dtype);
    return stackKernel('cholesky', problem, heap, bytes, ([a, l], scratch) => {
      if (n === 0) return true;
      const matrix = inPlace ? l! : scratch + FRAME;
      symmetrize(a!, matrix, n);
      if (potrf(scratch, LOWER, n, matrix, n) !== 0) return false;
      // A pivot that is not finite is found by no comparison with 0.
      const factor = heap.view('float64', matrix, n * n);
      for (let i = 0; i < factor.length; i += n + 1) if (!(factor[i]! < Infinity)) return false;
      lowerFromUpper(matrix, n);
      if (!inPlace) write(matrix, n * n, l!);
      return true;
    });
  };
}
