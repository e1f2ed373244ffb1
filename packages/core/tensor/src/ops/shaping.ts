import { ArgumentError, ShapeError } from '../errors.js';
import * as p from '../primitives/calls.js';
import {
  checkShape,
  describe,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  numbersOf,
  sizeOf,
} from '../shape.js';
import type { Shape } from '../shape.js';
import { show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { checkInteger } from './arguments.js';
import { asTensor } from './convert.js';
import type { TensorLike } from './convert.js';

/*
 * The same elements under another shape or in another order. Nothing here depends on values, so all of it is
 * differentiable and works on every dtype. Negative axes count from the end.
 */

/**
 * The same elements in row-major order under another shape; one size may be -1 and is worked out from the others.
 * Costs nothing: the memory is shared.
 * @throws ShapeError when the sizes do not fit
 */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const t = asTensor('reshape', x);
  if (!Array.isArray(shape))
    throw new ArgumentError(`reshape: shape must be an array of sizes, got ${show(shape)}`);
  const free = (shape as Shape).indexOf(-1);
  if (free < 0) return p.reshape(t, [...checkShape('reshape', shape)]);
  if ((shape as Shape).lastIndexOf(-1) !== free)
    throw new ArgumentError(
      `reshape: only one size may be -1, to be worked out from the others; got ${show(shape)}`,
    );
  const known = checkShape('reshape', (shape as Shape).with(free, 1));
  const rest = sizeOf(known);
  if (rest === 0 || t.size % rest !== 0) {
    throw new ShapeError(
      `reshape: ${describe(t)} has ${t.size} elements, and no size in place of -1 makes ${formatShape(shape)} fit them`,
    );
  }
  return p.reshape(t, known.with(free, t.size / rest));
}

/** Axes `startAxis` to `endAxis` (both included, default all) joined to one; a scalar becomes [1]. */
export function flatten(x: TensorLike, startAxis = 0, endAxis = -1): Tensor {
  const t = asTensor('flatten', x);
  if (t.ndim === 0) return p.reshape(t, [1]);
  const start = normalizeAxis('flatten', startAxis, t.ndim);
  const end = normalizeAxis('flatten', endAxis, t.ndim);
  if (start > end)
    throw new ArgumentError(
      `flatten: startAxis ${startAxis} lies behind endAxis ${endAxis} in ${describe(t)}`,
    );
  const joined = sizeOf(t.shape.slice(start, end + 1));
  return p.reshape(t, [...t.shape.slice(0, start), joined, ...t.shape.slice(end + 1)]);
}

/** Axes in another order: axis i of the result is axis `axes[i]` of x. Without `axes`, all in reverse. */
export function transpose(x: TensorLike, axes?: readonly number[]): Tensor {
  const t = asTensor('transpose', x);
  if (axes === undefined) return p.transpose(t, t.shape.map((_, axis) => t.ndim - 1 - axis)); // prettier-ignore
  if (!Array.isArray(axes)) throw new ArgumentError(`transpose: axes must be an array, got ${show(axes)}`);
  const order = (axes as readonly number[]).map((axis) => normalizeAxis('transpose', axis, t.ndim));
  if (order.length !== t.ndim || new Set(order).size !== t.ndim) {
    throw new ArgumentError(
      `transpose: axes ${formatShape(axes)} must name each of the ${t.ndim} axes of ${describe(t)} once; ` +
        `to exchange two, use swapAxes`,
    );
  }
  return p.transpose(t, order);
}

/** Moves axes `source` to the places `destination` (numbers or lists of one length); the others keep their order. */
export function moveAxis(
  x: TensorLike,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  const t = asTensor('moveAxis', x);
  const from = distinctAxes('moveAxis', source, t.ndim);
  const to = distinctAxes('moveAxis', destination, t.ndim);
  if (from.length !== to.length) {
    throw new ArgumentError(
      `moveAxis: ${from.length} axes cannot go to ${to.length} places; give as many of each`,
    );
  }
  const others = t.shape.map((_, axis) => axis).filter((axis) => !from.includes(axis));
  return p.transpose(
    t,
    t.shape.map((_, axis) => (to.includes(axis) ? from[to.indexOf(axis)]! : others.shift()!)),
  );
}

/** Axes in the order they are given. */
function distinctAxes(op: string, axes: number | readonly number[], ndim: number): number[] {
  const list = numbersOf(op, 'axis', axes).map((axis) => normalizeAxis(op, axis, ndim));
  if (new Set(list).size !== list.length)
    throw new ArgumentError(`${op}: axes ${formatShape(list)} name one axis twice`);
  return list;
}

/** Exchanges two axes. */
export function swapAxes(x: TensorLike, axis1: number, axis2: number): Tensor {
  const t = asTensor('swapAxes', x);
  const a = normalizeAxis('swapAxes', axis1, t.ndim);
  const b = normalizeAxis('swapAxes', axis2, t.ndim);
  return p.transpose(
    t,
    t.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)),
  );
}

/** Puts axes of size 1 at the given places of the result. */
export function expandDims(x: TensorLike, axis: number | readonly number[]): Tensor {
  const t = asTensor('expandDims', x);
  const ndim = t.ndim + numbersOf('expandDims', 'axis', axis).length;
  const added = normalizeAxes('expandDims', axis, ndim);
  const rest = [...t.shape];
  return p.reshape(
    t,
    Array.from({ length: ndim }, (_, a) => (added.includes(a) ? 1 : rest.shift()!)),
  );
}

/**
 * Drops axes of size 1: those named, or all of them.
 * @throws ShapeError when a named axis has another size
 */
export function squeeze(x: TensorLike, axis?: number | readonly number[] | null): Tensor {
  const t = asTensor('squeeze', x);
  if (axis === undefined || axis === null) return p.reshape(t, t.shape.filter((length) => length !== 1)); // prettier-ignore
  const axes = normalizeAxes('squeeze', axis, t.ndim);
  for (const a of axes) {
    if (t.shape[a] !== 1) {
      throw new ShapeError(
        `squeeze: axis ${a} of ${describe(t)} has size ${t.shape[a]}; only axes of size 1 can be dropped`,
      );
    }
  }
  return p.reshape(t, t.shape.filter((_, a) => !axes.includes(a))); // prettier-ignore
}

/**
 * Repeats x along axes of size 1 and new leading axes until it has `shape`.
 * @throws ShapeError when the sizes, aligned from the right, are neither equal nor 1
 */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  return p.broadcastTo(asTensor('broadcastTo', x), [...checkShape('broadcastTo', shape)]);
}

/** Reverses the order along the given axes (default: all). */
export function flip(x: TensorLike, axis?: number | readonly number[] | null): Tensor {
  const t = asTensor('flip', x);
  return p.flip(t, normalizeAxes('flip', axis, t.ndim));
}

/**
 * Shifts the elements by `shift` places along `axis`; what leaves at one end comes in at the other. Several axes take
 * one shift, or one each. Without an axis the flattened tensor is shifted and keeps its shape.
 */
export function roll(
  x: TensorLike,
  shift: number | readonly number[],
  axis?: number | readonly number[] | null,
): Tensor {
  const t = asTensor('roll', x);
  const shifts = numbersOf('roll', 'shift', shift).map((n) => checkInteger('roll', 'shift', n));
  if (axis === undefined || axis === null) {
    if (shifts.length !== 1)
      throw new ArgumentError(`roll: ${shifts.length} shifts need an axis each; got none`);
    return p.reshape(rollAxis(p.reshape(t, [t.size]), shifts[0]!, 0), t.shape);
  }
  const axes = distinctAxes('roll', axis, t.ndim);
  if (shifts.length !== 1 && shifts.length !== axes.length) {
    throw new ArgumentError(
      `roll: ${shifts.length} shifts for ${axes.length} axes; give one, or one for each`,
    );
  }
  return axes.reduce((y, a, i) => rollAxis(y, shifts[shifts.length === 1 ? 0 : i]!, a), t);
}

function rollAxis(x: Tensor, shift: number, axis: number): Tensor {
  const length = x.shape[axis]!;
  if (length === 0) return x;
  const cut = (((-shift % length) + length) % length) + 0;
  if (cut === 0) return x;
  const zeros = x.shape.map(() => 0);
  const tail = p.slice(x, zeros.with(axis, cut), x.shape);
  const head = p.slice(x, zeros, x.shape.with(axis, cut));
  return p.concat([tail, head], axis);
}
