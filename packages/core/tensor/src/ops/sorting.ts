import { ArgumentError, ShapeError, TraceError } from '../errors.js';
import { isFloat } from '../dtype.js';
import type { TypedArray } from '../dtype.js';
import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import { describe, formatShape, normalizeAxes, normalizeAxis } from '../shape.js';
import { show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { checkCount, mergeLast, reduceOptions, restoreAxes } from './arguments.js';
import { asTensor, fromHost, promoteOperands, toFloat } from './convert.js';
import type { TensorLike } from './convert.js';
import { takeAlongAxis } from './gathering.js';
import type { AxisArgument, ReduceOptions } from './aggregates.js';

export interface SortOptions {
  /** Largest first. Default false. */
  descending?: boolean;
}

/**
 * Positions (int32) that sort x along `axis` (default: the last). Stable in both directions: equal elements keep their
 * order. NaN comes last in both directions.
 */
export function argsort(x: TensorLike, axis = -1, options: SortOptions = {}): Tensor {
  checkOptions('argsort', options, ['descending']);
  const { descending = false } = options;
  const t = asTensor('argsort', x);
  return p.argsort(t, normalizeAxis('argsort', axis, t.ndim), descending);
}

/** x sorted along `axis` (default: the last), NaN last in both directions. Differentiable: elements carry their derivative along. */
export function sort(x: TensorLike, axis = -1, options: SortOptions = {}): Tensor {
  checkOptions('sort', options, ['descending']);
  const { descending = false } = options;
  const t = asTensor('sort', x);
  const along = normalizeAxis('sort', axis, t.ndim);
  return takeAlongAxis(t, p.argsort(t, along, descending), along);
}

/**
 * The k largest elements along `axis` (default: the last) in descending order, and their positions (int32). Of equal
 * elements the earlier comes first; NaN counts as smaller than every number.
 * @throws ArgumentError unless 0 <= k <= size of the axis
 */
export function topK(x: TensorLike, k: number, axis = -1): { values: Tensor; indices: Tensor } {
  const t = asTensor('topK', x);
  const along = normalizeAxis('topK', axis, t.ndim);
  if (checkCount('topK', 'k', k) > t.shape[along]!) {
    throw new ArgumentError(
      `topK: k is ${k}, but axis ${along} of ${describe(t)} has only ${t.shape[along]} elements`,
    );
  }
  const stops = t.shape.map((length, a) => (a === along ? k : length));
  const starts = stops.map(() => 0);
  const indices = p.slice(p.argsort(t, along, true), starts, stops);
  return { values: takeAlongAxis(t, indices, along), indices };
}

export interface SearchOptions {
  /** Where to insert among equal elements: before them ('left', the default) or behind them ('right'). */
  side?: 'left' | 'right';
}

/**
 * Positions (int32, of `values`' shape) at which `values` would be inserted into `sorted` [n] to keep it ascending.
 * NaN counts as larger than every number, as in `sort`.
 * @throws ShapeError unless `sorted` has one axis
 */
export function searchsorted(sorted: TensorLike, values: TensorLike, options: SearchOptions = {}): Tensor {
  checkOptions('searchsorted', options, ['side']);
  const { side = 'left' } = options;
  if (side !== 'left' && side !== 'right') {
    throw new ArgumentError(`searchsorted: side must be 'left' or 'right', got ${show(side)}`);
  }
  const [keys, wanted] = promoteOperands('searchsorted', sorted, values) as [Tensor, Tensor];
  if (keys.ndim !== 1)
    throw new ShapeError(`searchsorted: needs a sorted tensor with one axis, got ${describe(keys)}`);
  const length = keys.shape[0]!;
  const flat = p.reshape(keys, [1, length, 1]);
  let low = p.full(wanted.shape, 0, 'int32');
  if (length === 0) return low;
  let high = p.full(wanted.shape, length, 'int32');
  const before = beforeness(side, wanted);
  // Bisection, all values at once; `low < high` guards those that are done.
  for (let remaining = length; remaining > 0; remaining = Math.floor(remaining / 2)) {
    const middle = p.floorDivide(p.add(low, high), 2);
    const row = p.reshape(p.minimum(middle, length - 1), [1, wanted.size]);
    const goRight = before(p.reshape(p.gather(flat, row), wanted.shape));
    const open = p.less(low, high);
    const nextLow = p.where(p.and(open, goRight), p.add(middle, 1), low);
    high = p.where(p.and(open, p.not(goRight)), middle, high);
    low = nextLow;
  }
  return low;
}

/** Whether a key belongs before the wanted values, with NaN above all numbers. */
function beforeness(side: 'left' | 'right', wanted: Tensor): (key: Tensor) => Tensor {
  const plain = side === 'left' ? p.less : p.lessEqual;
  if (wanted.dtype === 'bool') return (key) => plain(p.cast(key, 'int32'), p.cast(wanted, 'int32'));
  if (!isFloat(wanted.dtype)) return (key) => plain(key, wanted);
  const wantedNaN = p.isNaN(wanted);
  return (key) =>
    p.or(plain(key, wanted), side === 'left' ? p.and(wantedNaN, p.not(p.isNaN(key))) : wantedNaN);
}

/** The middle of the sorted elements; the mean of the two middle ones for an even number. NaN if there is one. */
export function median(x: TensorLike, axis?: AxisArgument, options: ReduceOptions = {}): Tensor {
  return quantileOf('median', x, 0.5, axis, options);
}

/**
 * The q-quantile, 0 <= q <= 1, interpolated linearly between the sorted elements around position q·(n-1). An array of
 * quantiles adds an axis in front. NaN if there is a NaN among the elements. Integers give float32.
 * @throws ArgumentError for q outside [0, 1]; ShapeError for an empty axis
 */
export function quantile(
  x: TensorLike,
  q: number | readonly number[],
  axis?: AxisArgument,
  options: ReduceOptions = {},
): Tensor {
  if (typeof q === 'number') return quantileOf('quantile', x, q, axis, options);
  if (!Array.isArray(q) || q.length === 0) {
    throw new ArgumentError(`quantile: q must be a number or an array of at least one, got ${show(q)}`);
  }
  const each = q.map((one: number) => quantileOf('quantile', x, one, axis, options));
  return p.concat(
    each.map((one) => p.reshape(one, [1, ...one.shape])),
    0,
  );
}

function quantileOf(
  op: string,
  x: TensorLike,
  q: number,
  axis: AxisArgument | undefined,
  options: ReduceOptions,
): Tensor {
  checkOptions(op, options, reduceOptions);
  const { keepDims } = options;
  if (typeof q !== 'number' || !(q >= 0 && q <= 1)) {
    throw new ArgumentError(`${op}: q must lie between 0 and 1, got ${show(q)}`);
  }
  const t = toFloat(asTensor(op, x));
  const axes = normalizeAxes(op, axis, t.ndim);
  const merged = mergeLast(t, axes);
  const last = merged.ndim - 1;
  const length = merged.shape[last]!;
  if (length === 0) {
    throw new ShapeError(
      `${op}: ${describe(t)} has no elements along axes ${formatShape(axes)}; axes must not be empty`,
    );
  }
  const sorted = sort(merged, last);
  const outer = merged.shape.slice(0, last);
  const at = (position: number): Tensor =>
    p.reshape(p.slice(sorted, [...outer.map(() => 0), position], [...outer, position + 1]), outer);
  const position = q * (length - 1);
  const low = Math.floor(position);
  const fraction = position - low;
  const below = at(low);
  const value = fraction === 0 ? below : p.add(below, p.mul(p.sub(at(low + 1), below), fraction));
  // NaN sorts last, so one look there tells whether there is any.
  const end = at(length - 1);
  return restoreAxes(p.where(p.isNaN(end), end, value), t, axes, keepDims);
}

/**
 * The distinct elements in ascending order (NaN last, once), how often each occurs, and for every element of x the
 * position of its value (int32, x's shape). Computed on the host, since the result's size depends on the elements.
 * @throws TraceError inside jit and vmap
 */
export function unique(x: TensorLike): { values: Tensor; counts: Tensor; inverse: Tensor } {
  const t = asTensor('unique', x);
  const data = hostData(t);
  const position = new Map<number, number>();
  const counts: number[] = [];
  const values = data.slice(0).sort();
  for (const value of values) {
    const known = position.get(value);
    if (known !== undefined) {
      counts[known]!++;
      continue;
    }
    position.set(value, counts.length);
    // Adding 0 makes one zero of 0 and -0.
    values[counts.length] = value + 0;
    counts.push(1);
  }
  const inverse = Int32Array.from(data, (value) => position.get(value)!);
  return {
    values: fromHost(values.slice(0, counts.length), [counts.length], t.dtype),
    counts: fromHost(Int32Array.from(counts), [counts.length], 'int32'),
    inverse: fromHost(inverse, t.shape, 'int32'),
  };
}

function hostData(x: Tensor): TypedArray {
  try {
    return x.dataSync();
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    throw new TraceError(
      `unique: the size of the result depends on the elements of ${describe(x)}, which are not known while it is ` +
        `traced; call unique outside and pass its result in`,
    );
  }
}
