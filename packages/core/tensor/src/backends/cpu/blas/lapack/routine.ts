import type { Heap } from '../../heap/heap.js';
import type { Blas } from '../load.js';

/** Calls a routine with `frame`, FRAME bytes of the heap for its scalars, and gives its INFO. */
export type Routine = (frame: number, ...values: readonly number[]) => number;

export const FRAME = 64;

/** Letters that routines take. */
export const [UPPER, VECTORS, SHORT, NOT_TRANSPOSED] = ['U', 'V', 'S', 'N'].map((letter) =>
  letter.charCodeAt(0),
) as [number, number, number, number];

/**
 * A LAPACK routine by its Fortran name; undefined where the library has none. Fortran takes every argument by address:
 * `kinds` has a letter for each, `v` for a number or letter, which is put into the frame, `l` for a letter (whose
 * length is passed once more at the end, as compilers do), `a` for an array at a heap address. INFO comes last and is
 * not written down.
 */
export function routine(
  blas: Blas,
  heap: Pick<Heap, 'view'>,
  name: string,
  kinds: string,
): Routine | undefined {
  const letters = [...kinds].filter((kind) => kind === 'l').map(() => 1);
  const types = new Array<string>(kinds.length + 1 + letters.length).fill('uintptr_t');
  const run = blas.declare(`void ${name}(${types.join(',')})`);
  if (run === undefined) return undefined;
  return (frame, ...values) => {
    const scalars = heap.view('int32', frame, kinds.length + 1);
    const base = blas.base();
    const addresses = values.map((value, i) => {
      if (kinds[i] === 'a') return base + value;
      scalars[i] = value;
      return base + frame + 4 * i;
    });
    blas.setThreads(1);
    run(...addresses, base + frame + 4 * kinds.length, ...letters);
    return scalars[kinds.length]!;
  };
}
