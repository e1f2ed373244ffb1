import { ArgumentError, ShapeError } from '../errors.js';
import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import { describe, normalizeAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { checkInteger } from './arguments.js';
import { asTensor } from './convert.js';
import type { TensorLike } from './convert.js';

/** The lower triangle of the matrices in the last two axes, 0 above; `offset` moves the border up (down if negative). */
export function tril(x: TensorLike, offset = 0): Tensor {
  const { t, row, column } = triangle('tril', x, offset);
  return p.where(p.greaterEqual(row, column), t, 0);
}

/** The upper triangle of the matrices in the last two axes, 0 below; `offset` moves the border up (down if negative). */
export function triu(x: TensorLike, offset = 0): Tensor {
  const { t, row, column } = triangle('triu', x, offset);
  return p.where(p.lessEqual(row, column), t, 0);
}

function triangle(op: string, x: TensorLike, offset: number): { t: Tensor; row: Tensor; column: Tensor } {
  const t = asTensor(op, x);
  checkInteger(op, 'offset', offset);
  if (t.ndim < 2) throw new ShapeError(`${op}: needs matrices, at least two axes; got ${describe(t)}`);
  const matrix = t.shape.slice(-2);
  return { t, row: p.add(p.iota(matrix, 0, 'int32'), offset), column: p.iota(matrix, 1, 'int32') };
}

export interface DiagonalOptions {
  /** Which diagonal: above the main one if positive, below if negative. Default 0. */
  offset?: number;
  /** The axes of the matrix. Default 0 and 1, as in NumPy; for stacks of matrices use -2 and -1. */
  axis1?: number;
  axis2?: number;
}

/** A diagonal of the matrices in two axes, which disappear; it becomes the last axis. */
export function diagonal(x: TensorLike, options: DiagonalOptions = {}): Tensor {
  checkOptions('diagonal', options, ['offset', 'axis1', 'axis2']);
  const { offset = 0, axis1 = 0, axis2 = 1 } = options;
  return diagonalOf('diagonal', asTensor('diagonal', x), offset, axis1, axis2);
}

function diagonalOf(op: string, t: Tensor, offset: number, axis1: number, axis2: number): Tensor {
  checkInteger(op, 'offset', offset);
  if (t.ndim < 2) throw new ShapeError(`${op}: needs a matrix, at least two axes; got ${describe(t)}`);
  const a = normalizeAxis(op, axis1, t.ndim);
  const b = normalizeAxis(op, axis2, t.ndim);
  if (a === b) throw new ArgumentError(`${op}: axis1 and axis2 are both ${a}; a matrix has two axes`);
  const outer = t.shape.map((_, axis) => axis).filter((axis) => axis !== a && axis !== b);
  const lengths = outer.map((axis) => t.shape[axis]!);
  const [rows, columns] = [t.shape[a]!, t.shape[b]!];
  const count = Math.max(0, Math.min(rows - Math.max(0, -offset), columns - Math.max(0, offset)));
  // Flattened, the diagonal is every (columns + 1)-th element.
  const flat = p.reshape(p.transpose(t, [...outer, a, b]), [...lengths, rows * columns]);
  const start = count === 0 ? 0 : offset >= 0 ? offset : -offset * columns;
  const stop = count === 0 ? 0 : start + (count - 1) * (columns + 1) + 1;
  const ones = lengths.map(() => 1);
  return p.slice(flat, [...lengths.map(() => 0), start], [...lengths, stop], [...ones, columns + 1]);
}

/**
 * A matrix's diagonal, or the square matrix with the given diagonal and zeros elsewhere.
 * @throws ShapeError unless x has one or two axes
 */
export function diag(x: TensorLike, offset = 0): Tensor {
  const t = asTensor('diag', x);
  if (t.ndim === 2) return diagonalOf('diag', t, offset, 0, 1);
  checkInteger('diag', 'offset', offset);
  if (t.ndim !== 1)
    throw new ShapeError(`diag: needs one axis (a diagonal) or two (a matrix), got ${describe(t)}`);
  const length = t.shape[0]!;
  const side = length + Math.abs(offset);
  if (length === 0) return p.full([side, side], 0, t.dtype);
  // Laid out flat, neighbours on the diagonal have `side` zeros between them.
  const low = offset >= 0 ? offset : -offset * side;
  const high = side * side - (low + (length - 1) * (side + 1) + 1);
  return p.reshape(p.pad(t, [low], [high], [side]), [side, side]);
}

/** Sum of a diagonal, by default that of the first two axes. */
export function trace(x: TensorLike, options: DiagonalOptions = {}): Tensor {
  checkOptions('trace', options, ['offset', 'axis1', 'axis2']);
  const { offset = 0, axis1 = 0, axis2 = 1 } = options;
  const values = diagonalOf('trace', asTensor('trace', x), offset, axis1, axis2);
  const numeric = values.dtype === 'bool' ? p.cast(values, 'int32') : values;
  return p.sum(numeric, [numeric.ndim - 1]);
}
