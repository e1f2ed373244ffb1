import type { TypedArray } from '../../dtype.js';
import type { PrimitiveName } from '../../primitives/parameters.js';
import type { HostArray, Kernel } from '../../primitives/primitive.js';
import type { Aval } from '../../shape.js';
import { sizeOf } from '../../shape.js';
import type { Heap } from './heap/heap.js';
import type { HeapKernel, Problem } from './kernel.js';

type PlainKernel = (inputs: readonly HostArray[], outputs: readonly HostArray[]) => void;

/** A kernel on typed arrays as one on heap addresses. Views are kept for as long as the address stays the same. */
export function onViews(
  kernel: PlainKernel,
  { inputs, outputs }: Pick<Problem<never>, 'inputs' | 'outputs'>,
  heap: Heap,
): HeapKernel {
  const from = inputs.map((aval) => cachedView(aval, heap));
  const to = outputs.map((aval) => cachedView(aval, heap));
  return (addresses) =>
    kernel(
      from.map((view, i) => view(addresses[i]!)),
      to.map((view, i) => view(addresses[from.length + i]!)),
    );
}

function cachedView({ shape, dtype }: Aval, heap: Heap): (address: number) => HostArray {
  const size = sizeOf(shape);
  let at = -1;
  let array: (Aval & { data: TypedArray }) | undefined;
  return (address) => {
    // A memory that is not shared moves when it grows, and leaves its old views empty.
    if (array === undefined || address !== at || array.data.length !== size) {
      array = { shape, dtype, data: heap.view(dtype, address, size) };
      at = address;
    }
    return array;
  };
}

/** The reference kernel of a primitive that carries no program. */
export function referenceKernel<N extends PrimitiveName>(
  kernel: Kernel<N>,
  problem: Problem<N>,
  heap: Heap,
): HeapKernel {
  return onViews((inputs, outputs) => kernel(inputs, outputs, problem.params, noPrograms), problem, heap);
}

function noPrograms(): never {
  throw new Error('a primitive that carries programs has a kernel of its own on this backend');
}
