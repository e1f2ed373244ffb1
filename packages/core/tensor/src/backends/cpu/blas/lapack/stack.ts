import { bytesPerElement, type DType } from '../../../../dtype.js';
import { lookupPrimitive } from '../../../../primitives/primitive.js';
import type { PrimitiveName } from '../../../../primitives/parameters.js';
import { sizeOf } from '../../../../shape.js';
import { referenceKernel } from '../../fallback.js';
import type { Heap } from '../../heap/heap.js';
import type { HeapKernel, Problem } from '../../kernel.js';

/**
 * A kernel over the matrices in the leading axes. `each` works on one, given its addresses in all inputs and outputs and
 * that of `scratchBytes`; it computes in float64 whatever the dtype, as the reference does. Where it answers false (a
 * matrix that is singular or not finite, an iteration that does not converge) the reference kernel takes over: its
 * errors and its NaN are the ones that are documented.
 */
export function stackKernel<N extends PrimitiveName>(
  name: N,
  problem: Problem<N>,
  heap: Heap,
  scratchBytes: number,
  each: (places: readonly number[], scratch: number) => boolean,
): HeapKernel {
  const { inputs, outputs } = problem;
  const count = sizeOf(inputs[0]!.shape.slice(0, -2));
  const steps = [...inputs, ...outputs].map(
    ({ shape, dtype }) => (sizeOf(shape) / count) * bytesPerElement(dtype),
  );
  const reference = referenceKernel(lookupPrimitive(name).kernel, problem, heap);
  return (addresses) => {
    const scratch = heap.take(scratchBytes);
    const places = [...addresses];
    try {
      for (let index = 0; index < count; index++) {
        if (!each(places, scratch)) {
          reference(addresses);
          return;
        }
        for (let i = 0; i < places.length; i++) places[i]! += steps[i]!;
      }
    } finally {
      heap.give(scratch, scratchBytes);
    }
  };
}

/** Float64 numbers for elements of a dtype, both at heap addresses. */
export interface Doubles {
  readonly read: (from: number, count: number, to: number) => void;
  readonly write: (from: number, count: number, to: number) => void;
}

export function doubles(heap: Pick<Heap, 'view'>, dtype: DType): Doubles {
  return {
    read: (from, count, to) => heap.view('float64', to, count).set(heap.view(dtype, from, count)),
    write: (from, count, to) => heap.view(dtype, to, count).set(heap.view('float64', from, count)),
  };
}

export function allFinite(data: ArrayLike<number>): boolean {
  // A sum of products with 0 is NaN as soon as one factor is not finite.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * 0;
  return sum === 0;
}

/** to[j, i] = from[i, j] for from [rows, columns], in blocks that stay in the cache. */
export function transposeInto(
  from: ArrayLike<number>,
  rows: number,
  columns: number,
  to: { [index: number]: number },
): void {
  const block = 16;
  for (let i0 = 0; i0 < rows; i0 += block) {
    const iEnd = Math.min(rows, i0 + block);
    for (let j0 = 0; j0 < columns; j0 += block) {
      const jEnd = Math.min(columns, j0 + block);
      for (let i = i0; i < iEnd; i++)
        for (let j = j0; j < jEnd; j++) to[j * rows + i] = from[i * columns + j]!;
    }
  }
}
