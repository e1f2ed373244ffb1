import type { DType } from './dtype.js';
import { ArgumentError, IndexError, ShapeError } from './errors.js';
import { show } from './show.js';

export type Shape = readonly number[];

/** What is known of a value without its elements: shape and dtype. Tensors and traced values are both such. */
export interface Aval {
  readonly shape: Shape;
  readonly dtype: DType;
}

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** `float32[3,4]`, for messages and printed programs. */
export function describe(value: Aval): string {
  return `${value.dtype}${formatShape(value.shape)}`;
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(',')}]`;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** NumPy's rule: align right, sizes equal or 1. Throws ShapeError naming `op` and every shape. */
export function broadcastShapes(op: string, ...shapes: Shape[]): number[] {
  const ndim = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(ndim).fill(1);
  for (const shape of shapes) {
    const offset = ndim - shape.length;
    for (let axis = 0; axis < shape.length; axis++) {
      const length = shape[axis]!;
      const current = result[offset + axis]!;
      if (length === current || length === 1) continue;
      if (current !== 1) {
        throw new ShapeError(
          `${op}: shapes ${shapes.map(formatShape).join(' and ')} do not broadcast: ` +
            `axis ${axis - shape.length} has sizes ${current} and ${length}; they must be equal, or one of them 1`,
        );
      }
      result[offset + axis] = length;
    }
  }
  return result;
}

/** Throws unless every length is a non-negative integer. */
export function checkShape(op: string, shape: unknown): Shape {
  if (!Array.isArray(shape))
    throw new ArgumentError(`${op}: shape must be an array of sizes, got ${show(shape)}`);
  for (const length of shape as unknown[]) {
    if (typeof length !== 'number' || !Number.isInteger(length) || length < 0) {
      throw new ArgumentError(
        `${op}: shape ${show(shape)} has the size ${show(length)}; sizes are integers of at least 0`,
      );
    }
  }
  return shape as number[];
}

/** A non-negative axis for one that may count from the end. Throws IndexError. */
export function normalizeAxis(op: string, axis: number, ndim: number): number {
  if (!Number.isInteger(axis) || axis < -ndim || axis >= ndim) {
    throw new IndexError(
      ndim === 0
        ? `${op}: axis ${show(axis)} given, but a scalar has no axes`
        : `${op}: axis ${show(axis)} is out of range for ${ndim} axes; use ${-ndim}..${ndim - 1}`,
    );
  }
  return axis < 0 ? axis + ndim : axis;
}

/** A copy of what may be one number or a list of them; what the entries are is not looked at. */
export function numbersOf(op: string, name: string, value: number | readonly number[]): number[] {
  if (typeof value === 'number') return [value];
  if (Array.isArray(value)) return [...(value as readonly number[])];
  throw new ArgumentError(`${op}: ${name} must be a whole number or an array of them, got ${show(value)}`);
}

const axesBelow = (ndim: number): number[] => Array.from({ length: ndim }, (_, i) => i);
/** [], [0], [0, 1], …: the same lists each time, so that they are found equal at once. */
const allAxes: readonly (readonly number[])[] = Array.from({ length: 9 }, (_, ndim) => axesBelow(ndim));

/** Sorted, distinct, non-negative axes; all of them for `undefined` or `null`. Throws on repeats. */
export function normalizeAxes(
  op: string,
  axis: number | readonly number[] | null | undefined,
  ndim: number,
): readonly number[] {
  if (axis === undefined || axis === null) return ndim < allAxes.length ? allAxes[ndim]! : axesBelow(ndim);
  const axes = numbersOf(op, 'axis', axis).map((a) => normalizeAxis(op, a, ndim));
  axes.sort((a, b) => a - b);
  axes.forEach((a, i) => {
    if (i > 0 && a === axes[i - 1]) throw new ArgumentError(`${op}: axis ${a} is given twice`);
  });
  return axes;
}

/** `shape` with `axes` removed, or kept as size 1. `axes` must be normalised. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims = false): number[] {
  if (keepDims) return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return shape.filter((_, axis) => !axes.includes(axis));
}
