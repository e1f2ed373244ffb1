import type { Shape } from '../../../shape.js';
import { sizeOf, stridesOf } from '../../../shape.js';
import type { KernelFactory } from '../kernel.js';
import { storeElement } from './full.js';
import { copyPadded } from './pad/blocks.js';
import { collapse, stridedCopy } from './strided/copy.js';
import { widthOf } from './strided.js';

/** Blocks up to this size are filled and then copied into: both times they are in the first-level cache. */
const largestBlock = 1 << 15;

/** A box of the output: where it begins, in elements, and its shape. */
interface Box {
  readonly start: number;
  readonly shape: Shape;
}

/** Places of the output that hold elements of the input: begin, begin + step, … */
interface Range {
  readonly begin: number;
  readonly step: number;
  readonly count: number;
  /** Of the elements before it, which are cropped. */
  readonly first: number;
}

/**
 * Axes are cut in two: the last ones make blocks, which are filled and copied into. What lies around the blocks along
 * the axes before, in large pieces, is filled by itself.
 */
export const padKernel: KernelFactory<'pad'> = ({ inputs: [x], outputs: [out], params }, engine) => {
  const { low, interior, value } = params;
  const { shape, dtype } = out!;
  if (sizeOf(shape) === 0) return () => undefined;
  const width = widthOf(x!);
  const strides = stridesOf(shape);
  const ranges = x!.shape.map((length, axis): Range => {
    const step = interior[axis]! + 1;
    const first = Math.max(0, Math.ceil(-low[axis]! / step));
    const last = Math.min(length - 1, Math.floor((shape[axis]! - 1 - low[axis]!) / step));
    return { begin: low[axis]! + first * step, step, count: Math.max(0, last - first + 1), first };
  });
  const counts = ranges.map(({ count }) => count);
  const fromStrides = stridesOf(x!.shape);
  const toStrides = strides.map((stride, axis) => stride * ranges[axis]!.step);
  const cut = counts.includes(0) ? 0 : blockAxis(shape, width, ranges);
  const store = storeElement(engine, dtype, value);
  const fills = slabs(shape, ranges, cut).map((box) => {
    const spread = stridedCopy(engine, width, box.shape, strides.map(() => 0), strides); // prettier-ignore
    return (from: number, to: number) => spread(from, to + box.start * width);
  });
  if (counts.includes(0)) fills.push(stridedCopy(engine, width, [sizeOf(shape)], [0], [1]));
  const from = width * ranges.reduce((sum, { first }, axis) => sum + first * fromStrides[axis]!, 0);
  const [to, inset] = [ranges.slice(0, cut), ranges.slice(cut)].map(
    (part, i) => width * part.reduce((sum, { begin }, axis) => sum + begin * strides[i * cut + axis]!, 0),
  ) as [number, number];
  const axes = (begin: number, end: number) =>
    collapse(counts.slice(begin, end), fromStrides.slice(begin, end), toStrides.slice(begin, end)) ?? [];
  const blockBytes = width * sizeOf(shape.slice(cut));
  const blocks = { width, outer: axes(0, cut), inner: axes(cut, shape.length), blockBytes, inset };
  // A block without fillers is only copied, and so is what has no elements.
  const whole = sizeOf(counts) === 0 || width * sizeOf(counts.slice(cut)) === blockBytes;
  const plain = stridedCopy(engine, width, counts, fromStrides, toStrides);
  const copy = whole
    ? (_: number, source: number, target: number) => plain(source, target)
    : copyPadded(engine, blocks);
  const { heap } = engine;
  return ([source, target]) => {
    const filler = heap.take(width);
    try {
      store(filler);
      for (const fill of fills) fill(filler, target!);
      copy(filler, source! + from, target! + to);
    } finally {
      heap.give(filler, width);
    }
  };
};

/** The first axis of the blocks: small enough ones, but nothing between elements is left to the slabs. */
function blockAxis(shape: Shape, width: number, ranges: readonly Range[]): number {
  let cut = 0;
  while (cut < shape.length && ranges[cut]!.step === 1 && width * sizeOf(shape.slice(cut)) > largestBlock)
    cut++;
  return cut;
}

/** What is before and after the range along each of the first axes, within the ranges of the axes before it. */
function slabs(shape: Shape, ranges: readonly Range[], axes: number): Box[] {
  const strides = stridesOf(shape);
  let start = 0;
  return ranges.slice(0, axes).flatMap(({ begin, count }, axis) => {
    const slab = (from: number, to: number): Box => ({
      start: start + from * strides[axis]!,
      shape: shape.map((length, a) => (a < axis ? ranges[a]!.count : a === axis ? to - from : length)),
    });
    const both = [slab(0, begin), slab(begin + count, shape[axis]!)];
    start += begin * strides[axis]!;
    return both.filter((box) => !box.shape.includes(0));
  });
}
