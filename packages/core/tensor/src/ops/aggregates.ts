import { ArgumentError, ShapeError } from '../errors.js';
import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import { describe, formatShape, normalizeAxes, normalizeAxis, reducedShape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { fused } from '../transforms/fused.js';
import { reduceOptions, restoreAxes } from './arguments.js';
import { asTensor, toFloat } from './convert.js';
import type { TensorLike } from './convert.js';

/*
 * Reductions. `axis` is one axis, several, or undefined for all; negative axes count from the end. The reduced axes
 * disappear unless `keepDims` keeps them with size 1. All throw IndexError for an axis out of range and ArgumentError
 * for one that is given twice.
 */

/** One axis, several, or all when undefined or null. */
export type AxisArgument = number | readonly number[] | null;

export interface ReduceOptions {
  /** Keep the reduced axes with size 1, so that the result broadcasts against the input. Default false. */
  keepDims?: boolean | undefined;
}

type Call = (x: Tensor, axes: readonly number[]) => Tensor;

function reduce(
  op: string,
  call: Call,
  x: Tensor,
  axis: AxisArgument | undefined,
  options: ReduceOptions,
): Tensor {
  checkOptions(op, options, reduceOptions);
  const axes = normalizeAxes(op, axis, x.ndim);
  return restoreAxes(call(x, axes), x, axes, options.keepDims);
}

/** Booleans count as 0 and 1. */
function toNumeric(x: Tensor): Tensor {
  return x.dtype === 'bool' ? p.cast(x, 'int32') : x;
}

/** Σ x; 0 for no elements. Floats are added pairwise or in float64, int32 wraps, booleans are counted in int32. */
export function sum(x: TensorLike, axis?: AxisArgument, options: ReduceOptions = {}): Tensor {
  return reduce('sum', p.sum, toNumeric(asTensor('sum', x)), axis, options);
}

/** Π x; 1 for no elements. Its derivative is right where elements are 0, too. */
export function prod(x: TensorLike, axis?: AxisArgument, options: ReduceOptions = {}): Tensor {
  return reduce('prod', p.prod, toNumeric(asTensor('prod', x)), axis, options);
}

/**
 * Σ x / n. Integers and booleans give float32.
 * @throws ShapeError when there is nothing to average
 */
export function mean(x: TensorLike, axis?: AxisArgument, options: ReduceOptions = {}): Tensor {
  checkOptions('mean', options, reduceOptions);
  const t = toFloat(asTensor('mean', x));
  const axes = normalizeAxes('mean', axis, t.ndim);
  const count = countAlong('mean', t, axes);
  return restoreAxes(meanOf(t, axes, count), t, axes, options.keepDims);
}

const meanOf = fused(function mean(x: Tensor, axes: readonly number[], count: number): Tensor {
  return p.div(p.sum(x, axes), count);
});

/**
 * The largest element; NaN if there is one. Ties share the derivative equally.
 * @throws ShapeError for an empty axis
 */
export function max(x: TensorLike, axis?: AxisArgument, options: ReduceOptions = {}): Tensor {
  return reduce('max', p.reduceMax, asTensor('max', x), axis, options);
}

/**
 * The smallest element; NaN if there is one. Ties share the derivative equally.
 * @throws ShapeError for an empty axis
 */
export function min(x: TensorLike, axis?: AxisArgument, options: ReduceOptions = {}): Tensor {
  return reduce('min', p.reduceMin, asTensor('min', x), axis, options);
}

/** Whether all elements are true (not zero); true for no elements. */
export function all(x: TensorLike, axis?: AxisArgument, options: ReduceOptions = {}): Tensor {
  return reduce('all', truth(p.reduceMin, 1), asTensor('all', x), axis, options);
}

/** Whether any element is true (not zero); false for no elements. */
export function any(x: TensorLike, axis?: AxisArgument, options: ReduceOptions = {}): Tensor {
  return reduce('any', truth(p.reduceMax, 0), asTensor('any', x), axis, options);
}

/** A reduction of truth values, with the value it has over no elements. */
function truth(call: Call, ofNothing: number): Call {
  return (x, axes) =>
    axes.some((axis) => x.shape[axis] === 0)
      ? p.full(reducedShape(x.shape, axes), ofNothing, 'bool')
      : call(p.cast(x, 'bool'), axes);
}

/**
 * int32 position of the first largest element along `axis`, in the flattened tensor when undefined. NaN counts as the
 * largest.
 * @throws ShapeError for an empty axis
 */
export function argmax(x: TensorLike, axis?: number | null, options: ReduceOptions = {}): Tensor {
  return argExtreme('argmax', p.argMax, asTensor('argmax', x), axis, options);
}

/** As `argmax`, for the smallest element; NaN counts as the smallest. */
export function argmin(x: TensorLike, axis?: number | null, options: ReduceOptions = {}): Tensor {
  return argExtreme('argmin', p.argMin, asTensor('argmin', x), axis, options);
}

function argExtreme(
  op: string,
  call: (x: Tensor, axis: number) => Tensor,
  x: Tensor,
  axis: number | null | undefined,
  options: ReduceOptions,
): Tensor {
  checkOptions(op, options, reduceOptions);
  const { keepDims } = options;
  if (axis === undefined || axis === null) {
    return restoreAxes(call(p.reshape(x, [x.size]), 0), x, normalizeAxes(op, null, x.ndim), keepDims);
  }
  const only = normalizeAxis(op, axis, x.ndim);
  return restoreAxes(call(x, only), x, [only], keepDims);
}

export interface VarianceOptions extends ReduceOptions {
  /** Delta degrees of freedom: the sum of squares is divided by n - ddof. Default 0, as in NumPy; 1 is unbiased. */
  ddof?: number;
}

/**
 * Σ (x - mean)² / (n - ddof), in two passes, so that a large mean costs no digits. One element with ddof 1 gives NaN.
 * @throws ShapeError when there are no elements; ArgumentError for a negative ddof
 */
export function variance(x: TensorLike, axis?: AxisArgument, options: VarianceOptions = {}): Tensor {
  return varianceOf('variance', x, axis, options);
}

/** √variance, with the same options. */
export function std(x: TensorLike, axis?: AxisArgument, options: VarianceOptions = {}): Tensor {
  return p.sqrt(varianceOf('std', x, axis, options));
}

function varianceOf(
  op: string,
  x: TensorLike,
  axis: AxisArgument | undefined,
  options: VarianceOptions,
): Tensor {
  checkOptions(op, options, ['ddof', 'keepDims']);
  const { ddof = 0, keepDims } = options;
  const t = toFloat(asTensor(op, x));
  const axes = normalizeAxes(op, axis, t.ndim);
  const count = countAlong(op, t, axes);
  if (!Number.isFinite(ddof) || ddof < 0) {
    throw new ArgumentError(`${op}: ddof must be a finite number of at least 0, got ${ddof}`);
  }
  const squares = squaresAround(t, axes, count);
  return restoreAxes(p.div(squares, Math.max(0, count - ddof)), t, axes, keepDims);
}

/** Σ (x - mean)² over the axes. */
const squaresAround = fused(function variance(x: Tensor, axes: readonly number[], count: number): Tensor {
  const average = p.div(p.reshape(p.sum(x, axes), reducedShape(x.shape, axes, true)), count);
  return p.sum(p.square(p.sub(x, average)), axes);
});

/**
 * log Σ exp x without overflow: the largest element is taken out first. Rows of -∞ give -∞, a +∞ gives +∞; no
 * elements give -∞. Integers give float32.
 */
export function logsumexp(x: TensorLike, axis?: AxisArgument, options: ReduceOptions = {}): Tensor {
  checkOptions('logsumexp', options, reduceOptions);
  const t = toFloat(asTensor('logsumexp', x));
  const axes = normalizeAxes('logsumexp', axis, t.ndim);
  if (axes.some((a) => t.shape[a] === 0)) {
    return restoreAxes(p.full(reducedShape(t.shape, axes), -Infinity, t.dtype), t, axes, options.keepDims);
  }
  return restoreAxes(logsumexpOf(t, axes), t, axes, options.keepDims);
}

const logsumexpOf = fused(function logsumexp(x: Tensor, axes: readonly number[]): Tensor {
  // The result does not depend on what is taken out, so no derivative goes through it; infinities cannot be.
  const largest = p.stopGradient(p.reshape(p.reduceMax(x, axes), reducedShape(x.shape, axes, true)));
  const shift = p.where(p.isFinite(largest), largest, 0);
  const total = p.sum(p.exp(p.sub(x, shift)), axes);
  return p.add(p.log(total), p.reshape(shift, total.shape));
});

/** Elements along `axes`. Throws ShapeError when there are none. */
function countAlong(op: string, x: Tensor, axes: readonly number[]): number {
  const count = sizeOf(axes.map((axis) => x.shape[axis]!));
  if (count > 0) return count;
  throw new ShapeError(
    `${op}: ${describe(x)} has no elements along axes ${formatShape(axes)}; axes must not be empty`,
  );
}
