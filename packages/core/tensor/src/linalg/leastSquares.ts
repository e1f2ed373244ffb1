import { ArgumentError, ShapeError } from '../errors.js';
import { checkOptions } from '../options.js';
import type { TensorLike } from '../ops/convert.js';
import * as p from '../primitives/calls.js';
import {
  asColumn,
  asRow,
  columnsOf,
  diagonalMatrix,
  epsilonOf,
  leadingOf,
  mm,
  mT,
  rowsOf,
} from '../primitives/linalg/support.js';
import { broadcastShapes, describe } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { asMatrix, asSystem } from './arguments.js';

export interface RankOptions {
  /** Singular values up to rcond times the largest count as zero. Default max(m, n) times the dtype's epsilon. */
  rcond?: number;
}

function tolerance(op: string, a: Tensor, rcond: number | undefined): number {
  if (rcond === undefined) return Math.max(rowsOf(a), columnsOf(a)) * epsilonOf(a.dtype);
  if (typeof rcond === 'number' && rcond >= 0) return rcond;
  throw new ArgumentError(`${op}: rcond must be a number of at least 0, got ${String(rcond)}`);
}

/** bool [..., k]: which singular values count. */
function significant(s: Tensor, rcond: number): Tensor {
  if (s.shape[s.ndim - 1] === 0) return p.greater(s, 0);
  const largest = p.reduceMax(s, [s.ndim - 1]);
  return p.greater(s, p.reshape(p.mul(largest, rcond), [...largest.shape, 1]));
}

/**
 * A⁺ as three factors, A⁺ = R M⁻¹ Lᵀ with M = Lᵀ A R, for any L and R that span A's columns and rows. From the singular
 * vectors of the r values that count, taken as constants, L = A V S⁻¹ and R = Aᵀ U S⁻¹ span them as A moves, and equal U
 * and V where it stands. So derivatives need no derivative of singular vectors: they are exact to any order among
 * matrices of A's rank (all matrices, at full rank), also where singular values meet. The other columns are zero, with
 * ones in M.
 */
function pseudoInverse(
  a: Tensor,
  rcond: number,
): { apply: (b: Tensor) => Tensor; rank: Tensor; singularValues: Tensor } {
  const [u, s, vt] = p.svd(p.stopGradient(a));
  const counts = significant(s, rcond);
  const inverse = p.where(counts, p.div(p.scalar(1, a.dtype), p.where(counts, s, 1)), 0);
  const left = mm(a, p.mul(mT(vt), asRow(inverse)));
  const right = mm(a, p.mul(u, asRow(inverse)), true);
  const middle = p.add(
    mm(left, mm(a, right), true),
    diagonalMatrix(p.where(counts, 0, p.full(s.shape, 1, a.dtype))),
  );
  return {
    apply: (b) => mm(right, p.solve(middle, mm(left, b, true))),
    rank: p.sum(p.cast(counts, 'int32'), [s.ndim - 1]),
    singularValues: s,
  };
}

/**
 * The Moore-Penrose inverse [..., n, m] of matrices [..., m, n]. Differentiable to any order where the rank does not
 * change.
 */
export function pinv(a: TensorLike, options: RankOptions = {}): Tensor {
  checkOptions('pinv', options, ['rcond']);
  const { rcond } = options;
  const x = asMatrix('pinv', a);
  const identity = p.broadcastTo(eyeOf(x), [...leadingOf(x), rowsOf(x), rowsOf(x)]);
  return pseudoInverse(x, tolerance('pinv', x, rcond)).apply(identity);
}

const eyeOf = (x: Tensor): Tensor => diagonalMatrix(p.full([rowsOf(x)], 1, x.dtype));

/** How many singular values of matrices [..., m, n] are not zero; int32 [...]. */
export function matrixRank(a: TensorLike, options: RankOptions = {}): Tensor {
  checkOptions('matrixRank', options, ['rcond']);
  const { rcond } = options;
  const x = asMatrix('matrixRank', a);
  const counts = significant(p.svd(x)[1], tolerance('matrixRank', x, rcond));
  return p.sum(p.cast(counts, 'int32'), [counts.ndim - 1]);
}

export interface LeastSquares {
  /** [..., n] for a vector b, else [..., n, k]. */
  readonly solution: Tensor;
  /** Σ (b - a x)² for each column: [..., k], or [...] for a vector. Unlike NumPy's, always given. */
  readonly residuals: Tensor;
  /** int32 [...]. */
  readonly rank: Tensor;
  /** [..., min(m, n)], descending; without derivative here (see `singularValues`). */
  readonly singularValues: Tensor;
}

/**
 * The x of least norm among those that make |b - a x| least, for a [..., m, n] of any rank.
 *
 * @param b one vector [m], or right-hand sides [..., m, k]; leading axes broadcast
 * @throws ShapeError or DTypeError for arguments that do not fit
 */
export function lstsq(a: TensorLike, b: TensorLike, options: RankOptions = {}): LeastSquares {
  checkOptions('lstsq', options, ['rcond']);
  const { rcond } = options;
  let [x, y] = asSystem('lstsq', a, b);
  const m = rowsOf(x);
  const isVector = y.ndim === 1;
  if (y.ndim === 0 || (isVector ? y.shape[0] : rowsOf(y)) !== m) {
    throw new ShapeError(
      `lstsq: sizes differ: ${describe(x)} and ${describe(y)}; b must be [${m}] or [..., ${m}, k]`,
    );
  }
  if (isVector) y = asColumn(y);
  const leading = broadcastShapes('lstsq', leadingOf(x), leadingOf(y));
  x = p.broadcastTo(x, [...leading, m, columnsOf(x)]);
  y = p.broadcastTo(y, [...leading, m, columnsOf(y)]);
  const { apply, rank, singularValues } = pseudoInverse(x, tolerance('lstsq', x, rcond));
  const solution = apply(y);
  const residuals = p.sum(p.square(p.sub(y, mm(x, solution))), [y.ndim - 2]);
  if (!isVector) return { solution, residuals, rank, singularValues };
  return {
    solution: p.reshape(solution, solution.shape.slice(0, -1)),
    residuals: p.reshape(residuals, residuals.shape.slice(0, -1)),
    rank,
    singularValues,
  };
}
