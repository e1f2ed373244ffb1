import type { TypedArray } from '../../../../dtype.js';
import type { Heap } from '../../heap/heap.js';
import type { Blas } from '../load.js';

/** Calls a routine with `frame`, FRAME bytes of the heap for its scalars, and gives its INFO. */
export type Routine = (frame: number, ...values: readonly number[]) => number;

export const FRAME = 64;

/** Letters that routines take. */
export const [LOWER, VECTORS, SHORT, NOT_TRANSPOSED] = ['L', 'V', 'S', 'N'].map((letter) =>
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
  const letters = [...kinds].filter((kind) => kind === 'l').length;
  const count = kinds.length + 1;
  const types = new Array<string>(count + letters).fill('uintptr_t');
  const run = blas.declare(`void ${name}(${types.join(',')})`);
  if (run === undefined) return undefined;
  const isArray = [...kinds].map((kind) => kind === 'a');
  const passed = new Array<number>(count + letters).fill(1);
  let scalars: TypedArray | undefined;
  let scalarsAt = 0;
  return (frame, ...values) => {
    // A memory that is not shared moves when it grows, and leaves its old views empty.
    if (scalars === undefined || frame !== scalarsAt || scalars.length === 0) {
      scalars = heap.view('int32', frame, count);
      scalarsAt = frame;
    }
    const base = blas.base();
    for (let i = 0; i < kinds.length; i++) {
      if (isArray[i]) passed[i] = base + values[i]!;
      else {
        scalars[i] = values[i]!;
        passed[i] = base + frame + 4 * i;
      }
    }
    passed[kinds.length] = base + frame + 4 * kinds.length;
    run(...passed);
    return scalars[kinds.length]!;
  };
}
