import { bytesPerElement } from '../../../dtype.js';
import type { Aval } from '../../../shape.js';
import { sizeOf } from '../../../shape.js';
import type { Engine } from '../engine.js';
import type { HeapKernel, KernelFactory, Problem } from '../kernel.js';
import type { Reduction } from '../../../program/rowForm.js';
import { partialDType } from '../fused/accumulators.js';
import { boolRows } from './boolRows.js';
import { reduceColumns } from './reduceColumns.js';

/** A step from one address to the next. */
interface Step {
  readonly run: (from: number, to: number) => void;
  /** Size of what it writes; the last step writes the output. */
  readonly bytes: number;
}

/**
 * The kernels of sum, prod, reduceMax and reduceMin. Reduced axes that are neighbours go together, the last ones first:
 * trailing ones by `rowReduction` (bools by `boolRows`), all others as columns. What lies between two steps has the
 * dtype that accumulates: `rowReduction` is asked for float64 results of float32 sums and products too.
 */
export function reduceKernels(
  rowReduction: KernelFactory<Reduction>,
): Readonly<Record<Reduction, KernelFactory<Reduction>>> {
  const make =
    (reduction: Reduction): KernelFactory<Reduction> =>
    (problem, engine) =>
      reduce(reduction, problem, engine, rowReduction);
  return {
    sum: make('sum'),
    prod: make('prod'),
    reduceMax: make('reduceMax'),
    reduceMin: make('reduceMin'),
  };
}

function reduce(
  reduction: Reduction,
  { inputs: [x], outputs: [out], params: { axes } }: Problem<Reduction>,
  engine: Engine,
  rowReduction: KernelFactory<Reduction>,
): HeapKernel | undefined {
  const { heap } = engine;
  const size = sizeOf(out!.shape);
  if (size === 0) return () => undefined;
  if (sizeOf(x!.shape) === 0) {
    const value = reduction === 'prod' ? 1 : 0;
    return ([, to]) => void heap.view(out!.dtype, to!, size).fill(value);
  }
  const steps = stepsOf(reduction, x!, axes, engine, rowReduction);
  if (steps === undefined) return undefined;
  const bytes = size * bytesPerElement(x!.dtype);
  if (steps.length === 0) {
    return ([from, to]) => {
      heap.view('bool', to!, bytes).set(heap.view('bool', from!, bytes));
    };
  }
  const runFrom = (at: number, from: number, to: number): void => {
    const step = steps[at]!;
    if (at === steps.length - 1) return step.run(from, to);
    const between = heap.take(step.bytes);
    try {
      step.run(from, between);
      runFrom(at + 1, between, to);
    } finally {
      heap.give(between, step.bytes);
    }
  };
  return ([from, to]) => runFrom(0, from!, to!);
}

function stepsOf(
  reduction: Reduction,
  x: Aval,
  axes: readonly number[],
  engine: Engine,
  rowReduction: KernelFactory<Reduction>,
): Step[] | undefined {
  const groups = groupAxes(x, axes);
  const steps: Step[] = [];
  let dtype = x.dtype;
  for (;;) {
    const at = groups.findLastIndex((group) => group.reduced);
    if (at < 0) return steps;
    const product = (from: number, to: number): number =>
      groups.slice(from, to).reduce((size, group) => size * group.length, 1);
    const [outer, length, inner] = [product(0, at), groups[at]!.length, product(at + 1, groups.length)];
    const isLast = groups.findIndex((group) => group.reduced) === at;
    const to = isLast ? x.dtype : partialDType(reduction, dtype);
    const bytes = outer * inner * bytesPerElement(to);
    // Only the first step can be one over rows: behind every later one stands an axis that is kept.
    if (inner === 1 && dtype === 'bool') {
      steps.push({ run: boolRows(reduction === 'reduceMax', outer, length, engine), bytes });
    } else if (inner === 1) {
      const rows = rowReduction(
        {
          inputs: [{ shape: [outer, length], dtype }],
          outputs: [{ shape: [outer], dtype: to }],
          params: { axes: [1] },
        },
        engine,
      );
      if (rows === undefined) return undefined;
      steps.push({ run: (source, target) => rows([source, target]), bytes });
    } else {
      steps.push({ run: reduceColumns(reduction, [outer, length, inner], dtype, to, engine), bytes });
    }
    dtype = to;
    groups.splice(at, 1);
  }
}

/** Neighbours of one kind joined, axes of length 1 left out. */
function groupAxes(x: Aval, axes: readonly number[]): { length: number; readonly reduced: boolean }[] {
  const groups: { length: number; readonly reduced: boolean }[] = [];
  x.shape.forEach((length, axis) => {
    if (length === 1) return;
    const reduced = axes.includes(axis);
    const before = groups[groups.length - 1];
    if (before?.reduced === reduced) before.length *= length;
    else groups.push({ length, reduced });
  });
  return groups;
}
