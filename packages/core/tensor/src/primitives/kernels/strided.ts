import type { TypedArray } from '../../dtype.js';
import type { Shape } from '../../shape.js';

/** One axis of a walk over two arrays at once: its length, and the step that each array takes along it. */
interface Axis {
  length: number;
  from: number;
  to: number;
}

/** Runs shorter than this are cheaper to copy in a loop than by a call of `set` or `fill`. */
const SHORT_RUN = 48;
/** Side of the square tiles in which two axes change places; a tile of doubles stays in the first-level cache. */
const TILE = 32;

/**
 * `target[targetStart + i . targetStrides] = source[sourceStart + i . sourceStrides]` for every index `i` below
 * `shape`. All layout kernels are this one: a transpose permutes the source's strides, a broadcast has zeros among
 * them, a flip negative ones, a slice with steps multiples, and padding multiplies the target's.
 */
export function stridedCopy(
  source: TypedArray,
  sourceStart: number,
  sourceStrides: readonly number[],
  target: TypedArray,
  targetStart: number,
  targetStrides: readonly number[],
  shape: Shape,
): void {
  const axes = collapse(sourceStrides, targetStrides, shape);
  if (axes === undefined) return;
  const last = axes[axes.length - 1];
  if (last === undefined) {
    target[targetStart] = source[sourceStart]!;
    return;
  }
  // Where the source is contiguous along another axis than the target, both orders of reading are bad: go by tiles.
  const contiguous = last.from === 1 ? -1 : axes.findIndex((axis) => axis.from === 1);
  const tiled = contiguous >= 0 && last.to === 1;
  if (tiled) axes.splice(axes.length - 2, 0, ...axes.splice(contiguous, 1));
  walk(axes, 0, tiled, source, sourceStart, target, targetStart);
}

/** Drops axes of length 1 and joins neighbours that both arrays step through as if they were one. */
function collapse(from: readonly number[], to: readonly number[], shape: Shape): Axis[] | undefined {
  const axes: Axis[] = [];
  for (let i = 0; i < shape.length; i++) {
    const axis = { length: shape[i]!, from: from[i]!, to: to[i]! };
    if (axis.length === 0) return undefined;
    if (axis.length === 1) continue;
    const before = axes[axes.length - 1];
    if (
      before !== undefined &&
      before.from === axis.from * axis.length &&
      before.to === axis.to * axis.length
    ) {
      before.length *= axis.length;
      before.from = axis.from;
      before.to = axis.to;
    } else {
      axes.push(axis);
    }
  }
  return axes;
}

function walk(
  axes: readonly Axis[],
  depth: number,
  tiled: boolean,
  source: TypedArray,
  s: number,
  target: TypedArray,
  t: number,
): void {
  const { length, from, to } = axes[depth]!;
  const remaining = axes.length - depth;
  if (remaining === 1) {
    copyRun(source, s, from, target, t, to, length);
  } else if (remaining === 2 && tiled) {
    copyTiles(source, s, axes[depth + 1]!.from, target, t, to, length, axes[depth + 1]!.length);
  } else if (from === 0 && !tiled && to === denseSize(axes, depth + 1)) {
    walk(axes, depth + 1, tiled, source, s, target, t);
    repeatBlock(target, t, to, length);
  } else if (remaining === 2 && axes[depth + 1]!.length < SHORT_RUN) {
    copyShortRuns(source, s, from, target, t, to, length, axes[depth + 1]!);
  } else {
    for (let i = 0; i < length; i++) walk(axes, depth + 1, tiled, source, s + i * from, target, t + i * to);
  }
}

/** Elements of the target below `depth` if they lie without gaps, else -1. */
function denseSize(axes: readonly Axis[], depth: number): number {
  let size = 1;
  for (let i = axes.length - 1; i >= depth; i--) {
    if (axes[i]!.to !== size) return -1;
    size *= axes[i]!.length;
  }
  return size;
}

/** Repeats the block at `start` until it is there `count` times, doubling what is copied at each step. */
function repeatBlock(target: TypedArray, start: number, block: number, count: number): void {
  const total = block * count;
  for (let done = block; done < total; done *= 2) {
    target.copyWithin(start + done, start, start + Math.min(done, total - done));
  }
}

function copyRun(
  source: TypedArray,
  s: number,
  from: number,
  target: TypedArray,
  t: number,
  to: number,
  length: number,
): void {
  if (to === 1 && length >= SHORT_RUN) {
    if (from === 1) {
      target.set(source.subarray(s, s + length), t);
      return;
    }
    if (from === 0) {
      target.fill(source[s]!, t, t + length);
      return;
    }
  }
  for (let i = 0; i < length; i++) target[t + i * to] = source[s + i * from]!;
}

function copyShortRuns(
  source: TypedArray,
  s: number,
  from: number,
  target: TypedArray,
  t: number,
  to: number,
  length: number,
  run: Axis,
): void {
  const { length: width, from: runFrom, to: runTo } = run;
  for (let i = 0; i < length; i++) {
    let a = s + i * from;
    let b = t + i * to;
    for (let j = 0; j < width; j++) {
      target[b] = source[a]!;
      a += runFrom;
      b += runTo;
    }
  }
}

/** `target[i * to + j] = source[i + j * from]`, by square tiles. */
function copyTiles(
  source: TypedArray,
  s: number,
  from: number,
  target: TypedArray,
  t: number,
  to: number,
  rows: number,
  columns: number,
): void {
  for (let row = 0; row < rows; row += TILE) {
    const rowEnd = Math.min(row + TILE, rows);
    for (let column = 0; column < columns; column += TILE) {
      const width = Math.min(TILE, columns - column);
      for (let i = row; i < rowEnd; i++) {
        const b = t + i * to + column;
        let a = s + i + column * from;
        for (let j = 0; j < width; j++) {
          target[b + j] = source[a]!;
          a += from;
        }
      }
    }
  }
}
