import { scatterAddKernel as referenceKernel } from '../../../primitives/kernels/indexing.js';
import { sizeOf } from '../../../shape.js';
import type { Engine } from '../engine.js';
import { onViews } from '../fallback.js';
import type { HeapKernel, KernelFactory, Problem } from '../kernel.js';
import { addElements } from './indexing/addElements.js';
import { addRows, linkRows } from './indexing/addRows.js';
import { rangeCheck } from './indexing/rows.js';

/** Bytes of one thread's share at least. */
const GRAIN = 1 << 15;
/** A batch of single floats may have so many in any case to be summed as doubles; more only if most of them are met. */
const mostDoubles = 1 << 16;

/** The sizes of x [batches, length, width] and indices [batches or 1, count]. */
export interface ScatterSizes {
  readonly dtype: 'float32' | 'float64' | 'int32';
  readonly length: number;
  readonly count: number;
  readonly width: number;
  /** Whether all batches share their indices. */
  readonly oneList: boolean;
}

/** Updates are added in the order of their indices; float32 sums are taken in doubles and rounded once. */
export const scatterAddKernel: KernelFactory<'scatterAdd'> = (problem, engine) => {
  const [{ shape, dtype }, indices] = [problem.inputs[0]!, problem.inputs[1]!];
  if (dtype === 'bool' || shape[0] === 0) return undefined;
  const [batches, length, width] = shape as [number, number, number];
  const [lists, count] = indices.shape as [number, number];
  const sizes: ScatterSizes = { dtype, length, count, width, oneList: lists === 1 };
  const inCache = dtype !== 'float32' || length <= Math.max(mostDoubles, 4 * count);
  const run =
    width === 1 && inCache ? byElements(engine, sizes, batches) : byRows(engine, sizes, batches, lists);
  const check = rangeCheck(engine);
  const complain = referenceError(problem, engine);
  return (addresses) => {
    if (!check(addresses[1]!, sizeOf(indices.shape), length)) complain(addresses);
    run(addresses);
  };
};

/** The reference kernel throws, and says which index was wrong. */
function referenceError(problem: Problem<'scatterAdd'>, engine: Engine): HeapKernel {
  return onViews(
    ([x, indices, updates], [out]) => referenceKernel(x!, indices!, updates!, out!),
    problem,
    engine.heap,
  );
}

/** Rows of one element: a batch at a time, in the order of the indices. */
function byElements(engine: Engine, sizes: ScatterSizes, batches: number): HeapKernel {
  const { length, count } = sizes;
  const [add] = engine.functions(`scatterAdd ${JSON.stringify(sizes)}`, () => [addElements(sizes)]);
  const grain = Math.max(1, Math.ceil(GRAIN / (4 * (length + count) + 1)));
  // The batch in doubles.
  const scratchBytes = 8 * length + 64;
  return ([x, indices, updates, out]) =>
    engine.parallel(add!, [x!, indices!, updates!, out!], batches, grain, scratchBytes);
}

/** Longer rows: each row's updates are linked first, then every row is summed on its own. */
function byRows(engine: Engine, sizes: ScatterSizes, batches: number, lists: number): HeapKernel {
  const { length, count, width } = sizes;
  const [link, add] = engine.functions(`scatterAdd ${JSON.stringify(sizes)}`, () => [
    linkRows(sizes),
    addRows(sizes),
  ]);
  const headBytes = 4 * lists * length;
  const bytes = headBytes + 4 * lists * count;
  const linkGrain = Math.max(1, Math.ceil(GRAIN / (4 * (length + count) + 1)));
  const rowGrain = Math.max(1, Math.ceil(GRAIN / (8 * width + 8)));
  return ([x, indices, updates, out]) => {
    const heads = engine.heap.take(bytes);
    const next = heads + headBytes;
    try {
      engine.parallel(link!, [indices!, heads, next], lists, linkGrain);
      engine.parallel(add!, [x!, updates!, out!, heads, next], batches * length, rowGrain);
    } finally {
      engine.heap.give(heads, bytes);
    }
  };
}
