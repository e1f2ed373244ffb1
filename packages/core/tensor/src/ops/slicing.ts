import { ArgumentError, IndexError } from '../errors.js';
import * as p from '../primitives/calls.js';
import { describe } from '../shape.js';
import { show } from '../show.js';
import { Tensor } from '../tensor.js';
import { asTensor } from './convert.js';
import type { TensorLike } from './convert.js';
import { gather } from './gathering.js';

/*
 * Parts of a tensor at positions known beforehand. Unlike in NumPy, a range that leaves its axis is an error and is not
 * cut off silently.
 */

/**
 * One axis's part in `at`:
 * - a whole number picks that position, and the axis disappears;
 * - `[start, stop]` or `[start, stop, step]` takes a range, `null` for a default (`[null, -1]` is all but the last,
 *   `[null, null, -1]` is all in reverse);
 * - `null` or `':'` takes all of it;
 * - an int32 tensor takes those positions, in its shape (at most one in a call);
 * - `'...'` stands for as many whole axes as are left over (at most one in a call).
 */
export type IndexSpec =
  | number
  | null
  | ':'
  | '...'
  | readonly [start: number | null, stop: number | null, step?: number | null]
  | Tensor;

interface Range {
  start: number;
  stop: number;
  step: number;
  reversed: boolean;
}

/**
 * Elements start, start + step, … before stop along each axis, like NumPy's `x[start:stop:step]`; all axes are kept.
 * Negative positions count from the end, `null` stands for the natural end, missing entries for whole axes. A negative
 * step goes backwards.
 * @throws IndexError for a range that leaves its axis
 */
export function slice(
  x: TensorLike,
  starts: readonly (number | null)[],
  stops: readonly (number | null)[] = [],
  steps: readonly (number | null)[] = [],
): Tensor {
  const t = asTensor('slice', x);
  for (const list of [starts, stops, steps]) {
    if (!Array.isArray(list) || list.length > t.ndim) {
      throw new ArgumentError(
        `slice: starts, stops and steps are arrays with at most one entry for each axis of ${describe(t)}, got ${show(list)}`,
      );
    }
  }
  return takeRanges(t, t.shape.map((_, a) => resolveRange('slice', t, a, starts[a], stops[a], steps[a]))); // prettier-ignore
}

/**
 * NumPy-like indexing, one spec per axis: `x.at(0)` is `x[0]`, `x.at(null, [1, 3])` is `x[:, 1:3]`, `x.at('...', -1)`
 * is `x[..., -1]`, `x.at(rows)` with an int32 tensor gathers rows. See `IndexSpec`. Missing specs take whole axes.
 * @throws IndexError for a position or range outside its axis
 */
export function at(x: TensorLike, ...specs: IndexSpec[]): Tensor {
  const t = asTensor('at', x);
  const perAxis = expandEllipsis(t, specs);
  let picked: { axis: number; indices: Tensor } | undefined;
  const shape: number[] = [];
  const ranges = t.shape.map((length, axis): Range => {
    const spec = perAxis[axis];
    if (typeof spec === 'number') return singleRange(t, axis, spec);
    let range: Range = { start: 0, stop: length, step: 1, reversed: false };
    if (Array.isArray(spec)) {
      if (spec.length !== 2 && spec.length !== 3) throw badSpec(t, axis, spec);
      const [start, stop, step] = spec as readonly [number | null, number | null, (number | null)?];
      range = resolveRange('at', t, axis, start, stop, step);
    } else if (spec instanceof Tensor) {
      if (picked !== undefined) {
        throw new ArgumentError(
          `at: axes ${axis} and another are indexed by tensors; at most one can be, see gather and takeAlongAxis`,
        );
      }
      picked = { axis: shape.length, indices: spec };
    } else if (spec !== null && spec !== undefined && spec !== ':') {
      throw badSpec(t, axis, spec);
    }
    shape.push(Math.ceil((range.stop - range.start) / range.step));
    return range;
  });
  const part = p.reshape(takeRanges(t, ranges), shape);
  return picked === undefined ? part : gather(part, picked.indices, picked.axis);
}

function badSpec(x: Tensor, axis: number, spec: unknown): ArgumentError {
  return new ArgumentError(
    `at: ${show(spec)} is no index for axis ${axis} of ${describe(x)}; use a whole number, [start, stop], [start, stop, step], ` +
      `null, '...' or an int32 tensor`,
  );
}

function expandEllipsis(x: Tensor, specs: readonly IndexSpec[]): IndexSpec[] {
  const dots = specs.indexOf('...');
  if (dots !== specs.lastIndexOf('...'))
    throw new ArgumentError(`at: '...' is given twice; one place must take the rest`);
  const named = dots < 0 ? specs.length : specs.length - 1;
  if (named > x.ndim) {
    throw new IndexError(
      `at: ${named} indices for ${describe(x)}, which has ${x.ndim} axes; give at most one for each`,
    );
  }
  const rest = new Array<null>(x.ndim - named).fill(null);
  return dots < 0 ? [...specs, ...rest] : [...specs.slice(0, dots), ...rest, ...specs.slice(dots + 1)];
}

function singleRange(x: Tensor, axis: number, position: number): Range {
  const length = x.shape[axis]!;
  const start = position < 0 ? position + length : position;
  if (!Number.isInteger(position)) throw badSpec(x, axis, position);
  if (start < 0 || start >= length) {
    const range = length === 0 ? 'no position is valid' : `use ${-length}..${length - 1}`;
    throw new IndexError(
      `at: position ${position} is out of range for axis ${axis} of ${describe(x)}; ${range}`,
    );
  }
  return { start, stop: start + 1, step: 1, reversed: false };
}

/** A range with a positive step, to be reversed afterwards if the step was negative. */
function resolveRange(
  op: string,
  x: Tensor,
  axis: number,
  start: number | null | undefined,
  stop: number | null | undefined,
  step: number | null | undefined,
): Range {
  const length = x.shape[axis]!;
  const by = step ?? 1;
  for (const value of [start ?? 0, stop ?? 0, by]) {
    if (!Number.isInteger(value))
      throw new ArgumentError(`${op}: ${show(value)} along axis ${axis} must be a whole number or null`);
  }
  if (by === 0) throw new ArgumentError(`${op}: the step along axis ${axis} is 0; it must go somewhere`);
  const backwards = by < 0;
  const fromEnd = (position: number): number => (position < 0 ? position + length : position);
  const first = start == null ? (backwards ? length - 1 : 0) : fromEnd(start);
  const end = stop == null ? (backwards ? -1 : length) : fromEnd(stop);
  const fits = backwards
    ? end <= first && end >= -1 && first < length && (stop == null || end >= 0)
    : first <= end && first >= 0 && end <= length;
  if (!fits) {
    throw new IndexError(
      `${op}: the range ${start ?? ''}:${stop ?? ''}:${by} does not lie within axis ${axis} of ${describe(x)}, which has ` +
        `size ${length}; ranges are not cut off, so use Math.min or Math.max on its ends`,
    );
  }
  if (!backwards) return { start: first, stop: end, step: by, reversed: false };
  const count = Math.ceil((first - end) / -by);
  const last = first + (count - 1) * by;
  return count === 0
    ? { start: 0, stop: 0, step: 1, reversed: false }
    : { start: last, stop: first + 1, step: -by, reversed: true };
}

function takeRanges(x: Tensor, ranges: readonly Range[]): Tensor {
  const part = p.slice(
    x,
    ranges.map((range) => range.start),
    ranges.map((range) => range.stop),
    ranges.map((range) => range.step),
  );
  return p.flip(
    part,
    ranges.flatMap((range, axis) => (range.reversed ? [axis] : [])),
  );
}
