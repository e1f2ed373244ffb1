import type { DType } from '../../dtype.js';
import { isFloat } from '../../dtype.js';
import { DTypeError, ShapeError } from '../../errors.js';
import type { Aval, Shape } from '../../shape.js';
import { describe, sameShape, sizeOf } from '../../shape.js';
import type { Tensor } from '../../tensor.js';
import * as p from '../calls.js';

/** Matrix algebra over leading axes of any rank, on top of the primitives: what the rules of `linalg` are written with. */

export const leadingOf = (x: Aval): Shape => x.shape.slice(0, -2);
export const rowsOf = (x: Aval): number => x.shape[x.shape.length - 2]!;
export const columnsOf = (x: Aval): number => x.shape[x.shape.length - 1]!;

/** Distance of 1 to the next number. */
export const epsilonOf = (dtype: DType): number => (dtype === 'float32' ? 2 ** -23 : 2 ** -52);

/** Matrix product in the last two axes. The leading axes are the same, or one operand has none. */
export function mm(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  const leading = a.ndim >= b.ndim ? leadingOf(a) : leadingOf(b);
  const flat = (x: Tensor): Tensor => p.reshape(x, [sizeOf(leadingOf(x)), rowsOf(x), columnsOf(x)]);
  const product = p.matmul(flat(a), flat(b), transposeA, transposeB);
  return p.reshape(product, [...leading, rowsOf(product), columnsOf(product)]);
}

export const mT = p.matrixTranspose;

/** bool [rows, columns]: true where row - column >= -offset, i.e. on and below the diagonal moved up by `offset`. */
function lowerMask(rows: number, columns: number, offset: number): Tensor {
  const shape = [rows, columns];
  return p.greaterEqual(p.iota(shape, 0, 'int32'), p.sub(p.iota(shape, 1, 'int32'), offset));
}

/** The part on and below the diagonal moved up by `offset`; zeros elsewhere. */
export const tril = (x: Tensor, offset = 0): Tensor =>
  p.where(lowerMask(rowsOf(x), columnsOf(x), offset), x, 0);

/** The part on and above the diagonal moved up by `offset`. */
export const triu = (x: Tensor, offset = 0): Tensor =>
  p.where(lowerMask(rowsOf(x), columnsOf(x), offset - 1), p.scalar(0, x.dtype), x);

export function eyeMask(n: number): Tensor {
  return p.equal(p.iota([n, n], 0, 'int32'), p.iota([n, n], 1, 'int32'));
}

export const eye = (n: number, dtype: DType): Tensor => p.cast(eyeMask(n), dtype);

/** Identity matrices for x's leading axes. */
export function eyeFor(x: Tensor, n: number): Tensor {
  return p.broadcastTo(eye(n, x.dtype), [...leadingOf(x), n, n]);
}

/** [..., n, n] to its diagonals [..., n]. */
export function diagonalOf(x: Tensor): Tensor {
  return p.sum(p.where(eyeMask(columnsOf(x)), x, 0), [x.ndim - 1]);
}

/** [..., n] to matrices with that diagonal. */
export function diagonalMatrix(v: Tensor): Tensor {
  return p.where(eyeMask(v.shape[v.ndim - 1]!), asRow(v), 0);
}

/** [..., n] as [..., 1, n], to scale columns. */
export const asRow = (v: Tensor): Tensor => p.reshape(v, [...v.shape.slice(0, -1), 1, v.shape[v.ndim - 1]!]);

/** [..., n] as [..., n, 1], to scale rows. */
export const asColumn = (v: Tensor): Tensor => p.reshape(v, [...v.shape, 1]);

export const symmetricPart = (x: Tensor): Tensor => p.mul(p.add(x, mT(x)), 0.5);
export const skewPart = (x: Tensor): Tensor => p.mul(p.sub(x, mT(x)), 0.5);

/** Sum of those that are there; null if none is. */
export function addAll(...terms: (Tensor | null | undefined)[]): Tensor | null {
  let total: Tensor | null = null;
  for (const term of terms) if (term) total = total === null ? term : p.add(total, term);
  return total;
}

/** 1/x, but 0 where |x| is at most `tolerance`; nothing infinite arises on the way, so derivatives stay finite too. */
export function safeReciprocal(x: Tensor, tolerance: Tensor): Tensor {
  const vanishes = p.lessEqual(p.abs(p.stopGradient(x)), tolerance);
  return p.where(vanishes, 0, p.div(p.scalar(1, x.dtype), p.where(vanishes, 1, x)));
}

/** The largest |value| along the last axis times n eps: below it, differences of [..., n] values are rounding. As [..., 1, 1]. */
export function spectralTolerance(values: Tensor, n = values.shape[values.ndim - 1]!): Tensor {
  const largest = p.reduceMax(p.abs(p.stopGradient(values)), [values.ndim - 1]);
  return p.reshape(p.mul(largest, n * epsilonOf(values.dtype)), [...largest.shape, 1, 1]);
}

// --- checks of the shape rules ---

export function checkMatrix(op: string, x: Aval, name?: string): void {
  const subject = name === undefined ? '' : `${name} `;
  if (!isFloat(x.dtype))
    throw new DTypeError(
      `${op}: ${subject}needs float32 or float64, got ${describe(x)}; cast it first: x.cast('float32')`,
    );
  if (x.shape.length < 2)
    throw new ShapeError(`${op}: ${subject}needs matrices [..., rows, columns], got ${describe(x)}`);
}

export function checkSquare(op: string, x: Aval, name?: string): void {
  checkMatrix(op, x, name);
  if (rowsOf(x) !== columnsOf(x)) {
    throw new ShapeError(
      `${op}: ${name === undefined ? '' : `${name} `}needs square matrices [..., n, n], got ${describe(x)}`,
    );
  }
}

/** a [..., n, n] and b [..., n, k] of one dtype with the same leading axes. */
export function checkSystem(op: string, a: Aval, b: Aval): void {
  checkSquare(op, a, 'a');
  checkMatrix(op, b, 'b');
  if (a.dtype !== b.dtype)
    throw new DTypeError(`${op}: dtypes differ: ${describe(a)} and ${describe(b)}; cast one of them`);
  if (columnsOf(a) !== rowsOf(b)) {
    throw new ShapeError(
      `${op}: sizes differ: ${describe(a)} and ${describe(b)}; b needs ${columnsOf(a)} rows: [..., ${columnsOf(a)}, k]`,
    );
  }
  if (!sameShape(leadingOf(a), leadingOf(b))) {
    throw new ShapeError(
      `${op}: leading axes differ: ${describe(a)} and ${describe(b)}; broadcast them first`,
    );
  }
}
