import type { DType } from '../../../dtype.js';
import type { Shape } from '../../../shape.js';
import { stridesOf } from '../../../shape.js';
import type { Engine } from '../engine.js';
import type { KernelFactory } from '../kernel.js';
import { storeElement } from './full.js';
import { stridedCopy } from './strided/copy.js';
import { widthOf } from './strided.js';

/** A box of the output: where it begins, in elements, and its shape. */
interface Box {
  readonly start: number;
  readonly shape: Shape;
}

export const padKernel: KernelFactory<'pad'> = ({ inputs: [x], outputs: [out], params }, engine) => {
  const { low, interior, value } = params;
  const width = widthOf(x!);
  const strides = stridesOf(out!.shape);
  const fromStrides = stridesOf(x!.shape);
  let from = 0;
  let to = 0;
  // Along each axis, the elements whose places low + i * step fall inside the output.
  const ranges = x!.shape.map((length, axis) => {
    const step = interior[axis]! + 1;
    const first = Math.max(0, Math.ceil(-low[axis]! / step));
    const last = Math.min(length - 1, Math.floor((out!.shape[axis]! - 1 - low[axis]!) / step));
    const begin = low[axis]! + first * step;
    const count = Math.max(0, last - first + 1);
    from += first * fromStrides[axis]!;
    to += begin * strides[axis]!;
    return { count, begin, end: begin + (count - 1) * step + 1 };
  });
  const inside = ranges.map(({ count }) => count);
  const steps = strides.map((stride, axis) => stride * (interior[axis]! + 1));
  const copy = stridedCopy(engine, width, inside, fromStrides, steps);
  // Where no filler stands between elements only the border is filled, and nothing is written twice.
  const border = interior.every((n) => n === 0) && !inside.includes(0);
  const boxes = border ? slabs(out!.shape, ranges) : [{ start: 0, shape: out!.shape }];
  const fills = boxes.map((box) => fillBox(engine, out!.dtype, box, strides, value));
  return ([source, target]) => {
    for (const fill of fills) fill(target!);
    copy(source! + from * width, target! + to * width);
  };
};

/** What is before and after the range along each axis, within the ranges of the axes before it. */
function slabs(shape: Shape, ranges: readonly { begin: number; end: number }[]): Box[] {
  const strides = stridesOf(shape);
  let start = 0;
  return ranges.flatMap(({ begin, end }, axis) => {
    const slab = (from: number, to: number): Box => ({
      start: start + from * strides[axis]!,
      shape: shape.map((length, a) =>
        a < axis ? ranges[a]!.end - ranges[a]!.begin : a === axis ? to - from : length,
      ),
    });
    const both = [slab(0, begin), slab(end, shape[axis]!)];
    start += begin * strides[axis]!;
    return both.filter((box) => !box.shape.includes(0));
  });
}

function fillBox(
  engine: Engine,
  dtype: DType,
  { start, shape }: Box,
  strides: readonly number[],
  value: number,
): (target: number) => void {
  if (shape.includes(0)) return () => undefined;
  const width = widthOf({ shape, dtype });
  const store = storeElement(engine, dtype, value);
  const spread = stridedCopy(engine, width, shape, strides.map(() => 0), strides); // prettier-ignore
  return (target) => {
    // The first element is the source of all.
    const at = target + start * width;
    store(at);
    spread(at, at);
  };
}
