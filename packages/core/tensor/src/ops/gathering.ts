import type { DType } from '../dtype.js';
import { checkDType } from '../dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import { broadcastShapes, describe, formatShape, normalizeAxis, sameShape, sizeOf } from '../shape.js';
import { show } from '../show.js';
import { Tensor } from '../tensor.js';
import { asIndices, checkCount, inTheNameOf } from './arguments.js';
import { asTensor, promoteOperands } from './convert.js';
import type { TensorLike } from './convert.js';

/*
 * Reading and writing at positions that are data. Indices are int32 tensors or whole JS numbers; negative ones count
 * from the end, and one out of range throws IndexError when it is met (in a compiled function: when that runs).
 */

/**
 * The entries of `axis` (default 0) at `indices`: shape x.shape[..axis] + indices.shape + x.shape[axis+1..]. For
 * matrices and axis 0, rows (an embedding). Differentiable in x.
 */
export function gather(x: TensorLike, indices: TensorLike, axis = 0): Tensor {
  return gatherAs('gather', x, indices, axis);
}

/** Another name for `gather`, as in NumPy. */
export function take(x: TensorLike, indices: TensorLike, axis = 0): Tensor {
  return gatherAs('take', x, indices, axis);
}

function gatherAs(op: string, value: TensorLike, at: TensorLike, axis: number): Tensor {
  const x = asTensor(op, value);
  const indices = asIndices(op, 'indices', at);
  const { before, length, after } = around(x, normalizeAxis(op, axis, x.ndim));
  const rows = inTheNameOf(op, 'gather', () =>
    p.gather(p.reshape(x, [sizeOf(before), length, sizeOf(after)]), p.reshape(indices, [1, indices.size])),
  );
  return p.reshape(rows, [...before, ...indices.shape, ...after]);
}

function around(x: Tensor, axis: number): { before: number[]; length: number; after: number[] } {
  return { before: x.shape.slice(0, axis), length: x.shape[axis]!, after: x.shape.slice(axis + 1) };
}

/**
 * For every position of `indices` the element of x at that index along `axis` (default: the last) and at the same place
 * along the others, which broadcast. The inverse of what `argsort` and `topK` give. Differentiable in x.
 * @throws ShapeError unless x and indices have the same number of axes
 */
export function takeAlongAxis(x: TensorLike, indices: TensorLike, axis = -1): Tensor {
  const t = asTensor('takeAlongAxis', x);
  const at = asIndices('takeAlongAxis', 'indices', indices);
  const along = normalizeAxis('takeAlongAxis', axis, t.ndim);
  if (at.ndim !== t.ndim) {
    throw new ShapeError(
      `takeAlongAxis: indices ${describe(at)} must have as many axes as x ${describe(t)}; for whole rows use gather`,
    );
  }
  const [length, count] = [t.shape[along]!, at.shape[along]!];
  const others = broadcastShapes('takeAlongAxis', t.shape.with(along, 1), at.shape.with(along, 1));
  // The axis goes last, so that each row of it is one problem.
  const order = [...others.keys()].filter((a) => a !== along).concat(along);
  const lastly = (y: Tensor, size: number): Tensor =>
    p.transpose(p.broadcastTo(y, others.with(along, size)), order);
  const batches = sizeOf(others);
  const picked = inTheNameOf('takeAlongAxis', 'gather', () =>
    p.gather(
      p.reshape(lastly(t, length), [batches, length, 1]),
      p.reshape(lastly(at, count), [batches, count]),
    ),
  );
  const moved = p.reshape(picked, order.map((a) => (a === along ? count : others[a]!))); // prettier-ignore
  return p.transpose(
    moved,
    order.map((_, a) => order.indexOf(a)),
  );
}

/**
 * x with `updates` added to its entries along `axis` (default 0) at `indices`; entries named several times get all of
 * their updates. `updates` broadcast to x.shape[..axis] + indices.shape + x.shape[axis+1..]. Differentiable in both.
 * @throws DTypeError for bool
 */
export function scatterAdd(x: TensorLike, indices: TensorLike, updates: TensorLike, axis = 0): Tensor {
  const [t, added] = promoteOperands('scatterAdd', x, updates) as [Tensor, Tensor];
  if (t.dtype === 'bool')
    throw new DTypeError(`scatterAdd: bools cannot be added, got ${describe(t)}; cast to int32`);
  const at = asIndices('scatterAdd', 'indices', indices);
  const { before, length, after } = around(t, normalizeAxis('scatterAdd', axis, t.ndim));
  const shape = [...before, ...at.shape, ...after];
  if (!broadcastsTo(added, shape)) {
    throw new ShapeError(
      `scatterAdd: updates ${describe(added)} do not broadcast to ${formatShape(shape)}, which x ${describe(t)} and ` +
        `indices ${describe(at)} ask for along axis ${axis}`,
    );
  }
  const [batches, width] = [sizeOf(before), sizeOf(after)];
  const result = p.scatterAdd(
    p.reshape(t, [batches, length, width]),
    p.reshape(at, [1, at.size]),
    p.reshape(p.broadcastTo(added, shape), [batches, at.size, width]),
  );
  return p.reshape(result, t.shape);
}

function broadcastsTo(x: Tensor, shape: readonly number[]): boolean {
  const offset = shape.length - x.ndim;
  return offset >= 0 && x.shape.every((length, axis) => length === 1 || length === shape[axis + offset]);
}

/**
 * Sums of the rows of `data` [n, ...] with the same id: [numSegments, ...]. `ids` [n] are int32, in any order; segments
 * that no row has are 0. Booleans are counted in int32. Differentiable in `data`.
 */
export function segmentSum(data: TensorLike, ids: TensorLike, numSegments: number): Tensor {
  const given = asTensor('segmentSum', data);
  const t = given.dtype === 'bool' ? p.cast(given, 'int32') : given;
  const segments = asIndices('segmentSum', 'ids', ids);
  checkCount('segmentSum', 'numSegments', numSegments);
  if (t.ndim === 0 || segments.ndim !== 1 || segments.shape[0] !== t.shape[0]) {
    throw new ShapeError(
      `segmentSum: data ${describe(t)} needs ids of shape [${t.shape[0] ?? 'n'}], one for each row; got ${describe(segments)}`,
    );
  }
  const empty = p.full([numSegments, ...t.shape.slice(1)], 0, t.dtype);
  return inTheNameOf('segmentSum', 'scatterAdd', () => scatterAdd(empty, segments, t));
}

/**
 * 1 at each index, 0 elsewhere, along a new last axis of size `classes`: shape [...indices.shape, classes]. Indices
 * outside 0..classes-1 give a row of zeros.
 */
export function oneHot(indices: TensorLike, classes: number, options: { dtype?: DType } = {}): Tensor {
  checkOptions('oneHot', options, ['dtype']);
  const { dtype = 'float32' } = options;
  const at = asIndices('oneHot', 'indices', indices);
  checkCount('oneHot', 'classes', classes);
  checkDType('oneHot', dtype);
  const column = p.reshape(at, [...at.shape, 1]);
  return p.cast(p.equal(column, p.iota([classes], 0, 'int32')), dtype);
}

/** One start per axis: an int32 tensor [ndim], or numbers and int32 scalars. */
export type Starts = Tensor | readonly (Tensor | number)[];

/**
 * The window of shape `sizes` that begins at `starts`, which may be computed (also inside jit). Starts are clamped so
 * that the window fits. Differentiable in x.
 */
export function dynamicSlice(x: TensorLike, starts: Starts, sizes: readonly number[]): Tensor {
  const t = asTensor('dynamicSlice', x);
  if (!Array.isArray(sizes))
    throw new ArgumentError(`dynamicSlice: sizes must be an array, got ${show(sizes)}`);
  const window = (sizes as readonly number[]).map((size) => checkCount('dynamicSlice', 'each size', size));
  return p.dynamicSlice(t, startScalars('dynamicSlice', t, starts), window);
}

/** x with the window that begins at `starts` replaced by `update`; starts are clamped so that it fits. Differentiable in both. */
export function dynamicUpdateSlice(x: TensorLike, update: TensorLike, starts: Starts): Tensor {
  const [t, window] = promoteOperands('dynamicUpdateSlice', x, update) as [Tensor, Tensor];
  return p.dynamicUpdateSlice(t, window, startScalars('dynamicUpdateSlice', t, starts));
}

function startScalars(op: string, x: Tensor, starts: Starts): Tensor[] {
  if (starts instanceof Tensor) {
    const all = asIndices(op, 'starts', starts);
    if (!sameShape(all.shape, [x.ndim])) {
      throw new ShapeError(
        `${op}: starts ${describe(all)} must be int32[${x.ndim}], one for each axis of ${describe(x)}`,
      );
    }
    return x.shape.map((_, axis) => p.reshape(p.slice(all, [axis], [axis + 1]), []));
  }
  if (!Array.isArray(starts) || starts.length !== x.ndim) {
    throw new ArgumentError(`${op}: needs one start for each axis of ${describe(x)}, got ${show(starts)}`);
  }
  return (starts as readonly (Tensor | number)[]).map((start) => asIndices(op, 'starts', start));
}
