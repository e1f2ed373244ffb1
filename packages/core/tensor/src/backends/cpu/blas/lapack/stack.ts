import type { TypedArray } from '../../../../dtype.js';
import { lookupPrimitive } from '../../../../primitives/primitive.js';
import type { PrimitiveName } from '../../../../primitives/parameters.js';
import { type Aval, sizeOf } from '../../../../shape.js';
import type { Heap } from '../../heap/heap.js';
import type { HeapKernel, Problem } from '../../kernel.js';

type Arrays = readonly TypedArray[];

/**
 * A kernel over the matrices in the leading axes. `each` works on one, given views of all inputs and outputs, the
 * matrix's number and the address of `scratchBytes`; it computes in float64 whatever the dtype, as the reference does.
 * Where it answers false (a matrix that is singular or not finite, an iteration that does not converge) the reference
 * kernel takes over: its errors and its NaN are the ones that are documented.
 */
export function stackKernel<N extends PrimitiveName>(
  name: N,
  { inputs, outputs, params }: Problem<N>,
  heap: Pick<Heap, 'take' | 'give' | 'view'>,
  scratchBytes: number,
  each: (
    inputs: Arrays,
    outputs: Arrays,
    index: number,
    scratch: number,
    addresses: readonly number[],
  ) => boolean,
): HeapKernel {
  const sizes = [...inputs, ...outputs].map((aval) => sizeOf(aval.shape));
  const count = sizeOf(inputs[0]!.shape.slice(0, -2));
  const reference = lookupPrimitive(name).kernel;
  return (addresses) => {
    // First: a memory that grows leaves its old views behind.
    const scratch = heap.take(scratchBytes);
    const views = [...inputs, ...outputs].map((aval, i) => heap.view(aval.dtype, addresses[i]!, sizes[i]!));
    const [from, to] = [views.slice(0, inputs.length), views.slice(inputs.length)];
    try {
      for (let index = 0; index < count; index++)
        if (!each(from, to, index, scratch, addresses)) {
          reference(withData(inputs, from), withData(outputs, to), params, () => undefined);
          return;
        }
    } finally {
      heap.give(scratch, scratchBytes);
    }
  };
}

const withData = (avals: readonly Aval[], data: Arrays): (Aval & { data: TypedArray })[] =>
  avals.map((aval, i) => ({ ...aval, data: data[i]! }));

export function allFinite(data: ArrayLike<number>, start: number, length: number): boolean {
  // A sum of products with 0 is NaN as soon as one factor is not finite.
  let sum = 0;
  for (let i = start; i < start + length; i++) sum += data[i]! * 0;
  return sum === 0;
}

/** to[j, i] = from[i, j] for from [rows, columns], in blocks that stay in the cache. */
export function transposeInto(
  from: ArrayLike<number>,
  start: number,
  rows: number,
  columns: number,
  to: { [index: number]: number },
  toStart: number,
): void {
  const block = 16;
  for (let i0 = 0; i0 < rows; i0 += block) {
    const iEnd = Math.min(rows, i0 + block);
    for (let j0 = 0; j0 < columns; j0 += block) {
      const jEnd = Math.min(columns, j0 + block);
      for (let i = i0; i < iEnd; i++)
        for (let j = j0; j < jEnd; j++) to[toStart + j * rows + i] = from[start + i * columns + j]!;
    }
  }
}

/** Copies `length` elements, converting between the dtypes. */
export function copyInto(
  from: TypedArray,
  start: number,
  length: number,
  to: TypedArray,
  toStart: number,
): void {
  to.set(from.subarray(start, start + length), toStart);
}
