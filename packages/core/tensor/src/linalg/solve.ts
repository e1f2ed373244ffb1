import { ArgumentError, ShapeError } from '../errors.js';
import { inTheNameOf } from '../ops/arguments.js';
import { checkOptions } from '../options.js';
import type { TensorLike } from '../ops/convert.js';
import * as p from '../primitives/calls.js';
import { columnsOf, diagonalOf, eyeFor, leadingOf, mm, rowsOf } from '../primitives/linalg/support.js';
import { broadcastShapes, describe, sizeOf } from '../shape.js';
import { show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { asMatrix, asSquare, asSystem } from './arguments.js';

/** Brings b to [..., n, k] with a's leading axes, applies `run`, and gives a vector back as one. */
function withSystem(
  op: string,
  aLike: TensorLike,
  bLike: TensorLike,
  run: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const [a, b] = asSystem(op, aLike, bLike);
  const n = columnsOf(a);
  if (rowsOf(a) !== n)
    throw new ShapeError(
      `${op}: a needs square matrices [..., n, n], got ${describe(a)}; use lstsq for others`,
    );
  if (b.ndim === 0 || b.shape[b.ndim === 1 ? 0 : b.ndim - 2] !== n) {
    throw new ShapeError(
      `${op}: sizes differ: ${describe(a)} and ${describe(b)}; b must be [${n}] or [..., ${n}, k]`,
    );
  }
  if (b.ndim === 1) {
    // One vector for every matrix.
    const column = p.broadcastTo(p.reshape(b, [n, 1]), [...leadingOf(a), n, 1]);
    return p.reshape(run(a, column), [...leadingOf(a), n]);
  }
  if (a.ndim === 2 && b.ndim > 2) {
    // One matrix for many right-hand sides: they become columns, so that it is factored once.
    const k = columnsOf(b);
    const leading = leadingOf(b);
    const count = leading.length;
    const front = p.transpose(b, [count, ...leading.map((_, axis) => axis), count + 1]);
    const x = p.reshape(run(a, p.reshape(front, [n, sizeOf(leading) * k])), [n, ...leading, k]);
    return p.transpose(x, [...leading.map((_, axis) => axis + 1), 0, count + 1]);
  }
  const leading = broadcastShapes(op, leadingOf(a), leadingOf(b));
  return run(p.broadcastTo(a, [...leading, n, n]), p.broadcastTo(b, [...leading, n, columnsOf(b)]));
}

/**
 * The solution x of a x = b.
 *
 * @param a matrices [..., n, n]
 * @param b one vector [n], or right-hand sides [..., n, k]; leading axes broadcast (a stack of vectors is [..., n, 1])
 * @returns [..., n] for a vector, else [..., n, k]
 * @throws LinalgError if a matrix is singular; ShapeError or DTypeError for arguments that do not fit
 */
export function solve(a: TensorLike, b: TensorLike): Tensor {
  return withSystem('solve', a, b, (x, y) => p.solve(x, y));
}

export interface TriangularSolveOptions {
  /** Read the lower triangle (default) or the upper one; the other is never looked at. */
  lower?: boolean;
  /** Solve aᵀ x = b. Default false. */
  transpose?: boolean;
  /** Take the diagonal for ones without reading it. Default false. */
  unitDiagonal?: boolean;
}

/**
 * The solution x of a x = b for triangular a; shapes as in `solve`.
 * @throws LinalgError if a diagonal entry is 0
 */
export function triangularSolve(a: TensorLike, b: TensorLike, options: TriangularSolveOptions = {}): Tensor {
  checkOptions('triangularSolve', options, ['lower', 'transpose', 'unitDiagonal']);
  const { lower = true, transpose = false, unitDiagonal = false } = options;
  return withSystem('triangularSolve', a, b, (x, y) =>
    p.triangularSolve(x, y, { lower, transpose, unitDiagonal }),
  );
}

/**
 * a⁻¹ for matrices [..., n, n]. To solve equations, `solve(a, b)` is faster and more accurate.
 * @throws LinalgError if a matrix is singular
 */
export function inv(a: TensorLike): Tensor {
  const x = asSquare('inv', a);
  return inTheNameOf('inv', 'solve', () => p.solve(x, eyeFor(x, columnsOf(x))));
}

/**
 * aⁿ for matrices [..., n, n] and a whole exponent, by repeated squaring; a negative one takes the inverse first.
 * @throws LinalgError if the exponent is negative and a matrix is singular; ArgumentError for a fraction
 */
export function matrixPower(a: TensorLike, exponent: number): Tensor {
  const x = asSquare('matrixPower', a);
  if (!Number.isSafeInteger(exponent))
    throw new ArgumentError(`matrixPower: the exponent must be a whole number, got ${show(exponent)}`);
  let base = exponent < 0 ? inTheNameOf('matrixPower', 'inv', () => inv(x)) : x;
  let result: Tensor | undefined;
  for (let rest = Math.abs(exponent); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === undefined ? base : mm(result, base);
    if (rest > 1) base = mm(base, base);
  }
  return result ?? eyeFor(x, columnsOf(x));
}

/** Σ aᵢᵢ of matrices [..., m, n]; result [...]. */
export function trace(a: TensorLike): Tensor {
  const x = asMatrix('trace', a);
  const k = Math.min(rowsOf(x), columnsOf(x));
  const square = p.slice(x, new Array<number>(x.ndim).fill(0), [...leadingOf(x), k, k]);
  return p.sum(diagonalOf(square), [x.ndim - 2]);
}
