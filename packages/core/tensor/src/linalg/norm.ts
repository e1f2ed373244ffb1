import { isFloat } from '../dtype.js';
import { ArgumentError, DTypeError } from '../errors.js';
import { restoreAxes } from '../ops/arguments.js';
import { checkOptions } from '../options.js';
import { asTensor } from '../ops/convert.js';
import type { TensorLike } from '../ops/convert.js';
import * as p from '../primitives/calls.js';
import { describe, normalizeAxes, normalizeAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';

export interface NormOptions {
  /**
   * Vectors: any p, with Infinity the largest and -Infinity the smallest |x|, and 0 the count of non-zeros; default 2.
   * Matrices: `'fro'` (default), `'nuc'`, 2 and -2 (largest and smallest singular value), 1 and -1 (largest and smallest
   * column sum), Infinity and -Infinity (row sum).
   */
  ord?: number | 'fro' | 'nuc';
  /** One axis for vectors, two (rows, columns) for matrices. Default: all axes together. */
  axis?: number | readonly [number, number] | null;
  /** Keep the reduced axes with size 1. Default false. */
  keepDims?: boolean;
}

/**
 * Vector or matrix norm, as NumPy's `linalg.norm`.
 *
 * Without `axis` all elements make one vector, unless `ord` is given and x is a matrix. No intermediate overflows or
 * underflows. The derivative at a zero vector (or zero entries) is taken as 0, so it is always finite for p >= 1.
 *
 * @throws ArgumentError for an order that vectors or matrices do not have; DTypeError unless x holds floats
 */
export function norm(x: TensorLike, options: NormOptions = {}): Tensor {
  checkOptions('norm', options, ['ord', 'axis', 'keepDims']);
  const { ord, axis, keepDims } = options;
  const t = asTensor('norm', x);
  if (!isFloat(t.dtype))
    throw new DTypeError(
      `norm: needs float32 or float64, got ${describe(t)}; cast it first: x.cast('float32')`,
    );
  if (typeof ord === 'number' && Number.isNaN(ord))
    throw new ArgumentError('norm: ord is NaN; it must be a number, "fro" or "nuc"');
  if (axis === undefined || axis === null) {
    const axes = normalizeAxes('norm', undefined, t.ndim);
    if (ord === undefined) return restoreAxes(vectorNorm(t, axes, 2), t, axes, keepDims);
    if (t.ndim === 2) return restoreAxes(matrixNorm(t, 0, 1, ord), t, axes, keepDims);
    if (t.ndim !== 1)
      throw new ArgumentError(
        `norm: ord ${ord} is for vectors or matrices, got ${describe(t)}; say which axes with axis`,
      );
    return restoreAxes(vectorNorm(t, axes, vectorOrder(ord)), t, axes, keepDims);
  }
  if (typeof axis === 'number') {
    const axes = [normalizeAxis('norm', axis, t.ndim)];
    return restoreAxes(vectorNorm(t, axes, vectorOrder(ord ?? 2)), t, axes, keepDims);
  }
  if (!Array.isArray(axis) || axis.length !== 2)
    throw new ArgumentError(`norm: axis must be one axis or two, got [${String(axis)}]`);
  const [rows, columns] = axis.map((a) => normalizeAxis('norm', a, t.ndim)) as [number, number];
  if (rows === columns) throw new ArgumentError(`norm: axis ${rows} is given twice`);
  return restoreAxes(
    matrixNorm(t, rows, columns, ord ?? 'fro'),
    t,
    [rows, columns].sort((a, b) => a - b),
    keepDims,
  );
}

function vectorOrder(ord: number | 'fro' | 'nuc'): number {
  if (typeof ord === 'number') return ord;
  throw new ArgumentError(
    `norm: "${String(ord)}" is an order of matrices; vectors take a number (2, 1, Infinity, …)`,
  );
}

function vectorNorm(x: Tensor, axes: readonly number[], order: number): Tensor {
  const size = p.abs(x);
  if (order === Infinity) return p.reduceMax(size, axes);
  if (order === -Infinity) return p.reduceMin(size, axes);
  if (order === 0) return p.sum(p.cast(p.notEqual(x, 0), x.dtype), axes);
  if (order === 1) return p.sum(size, axes);
  if (size.size === 0) return p.sum(size, axes);
  // Σ|x|^p is taken of x over its largest entry (for negative p the smallest), a constant: the norm is homogeneous, so
  // its derivative does not see the scale.
  const frozen = p.stopGradient(size);
  const extent = restoreAxes(
    order < 0 ? p.reduceMin(frozen, axes) : p.reduceMax(frozen, axes),
    x,
    axes,
    true,
  );
  const scale = p.where(p.and(p.greater(extent, 0), p.isFinite(extent)), extent, 1);
  const ratio = p.div(size, scale);
  const isZero = p.equal(frozen, 0);
  const powers =
    order === 2
      ? p.mul(ratio, ratio)
      : p.where(isZero, order < 0 ? Infinity : 0, p.pow(p.where(isZero, 1, ratio), order));
  const total = p.sum(powers, axes);
  const vanishes = p.equal(p.stopGradient(total), 0);
  const safe = p.where(vanishes, 1, total);
  const root = p.where(vanishes, 0, order === 2 ? p.sqrt(safe) : p.pow(safe, 1 / order));
  return p.mul(root, p.reshape(scale, root.shape));
}

function matrixNorm(x: Tensor, rows: number, columns: number, ord: number | 'fro' | 'nuc'): Tensor {
  switch (ord) {
    case 'fro':
      return vectorNorm(
        x,
        [rows, columns].sort((a, b) => a - b),
        2,
      );
    case 'nuc':
    case 2:
    case -2: {
      const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== rows && axis !== columns);
      const s = p.svd(p.transpose(x, [...others, rows, columns]))[1];
      const last = [s.ndim - 1];
      return ord === 'nuc' ? p.sum(s, last) : ord === 2 ? p.reduceMax(s, last) : p.reduceMin(s, last);
    }
    case 1:
    case -1:
    case Infinity:
    case -Infinity: {
      const [summed, compared] = Math.abs(ord) === 1 ? [rows, columns] : [columns, rows];
      const sums = p.sum(p.abs(x), [summed]);
      const axis = [compared > summed ? compared - 1 : compared];
      return ord > 0 ? p.reduceMax(sums, axis) : p.reduceMin(sums, axis);
    }
    default:
      throw new ArgumentError(
        `norm: ${typeof ord === 'number' ? ord : `"${String(ord)}"`} is not an order of matrices; use "fro", "nuc", 1, 2, Infinity or their negatives`,
      );
  }
}
