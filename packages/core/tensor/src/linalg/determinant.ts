import type { TensorLike } from '../ops/convert.js';
import * as p from '../primitives/calls.js';
import { asRow, columnsOf, diagonalOf, epsilonOf, mm, mT } from '../primitives/linalg/support.js';
import { ConcreteTensor } from '../tensor.js';
import type { Tensor } from '../tensor.js';
import { isRecording } from '../trace.js';
import { asSquare } from './arguments.js';

/**
 * Sign (-1, 0 or 1) and log|det| of matrices [..., n, n], where the determinant itself would overflow; both [...].
 * A singular matrix gives 0 and -infinity, and has no derivative (LinalgError).
 */
export function slogdet(a: TensorLike): [sign: Tensor, logAbsDet: Tensor] {
  return p.slogdet(asSquare('slogdet', a));
}

/** sign · exp(log|det|). */
function fromFactors(a: Tensor): Tensor {
  const [sign, logarithm] = p.slogdet(a);
  return p.mul(sign, p.exp(logarithm));
}

/**
 * The determinant of matrices [..., n, n]; result [...].
 *
 * Its derivative is the cofactor matrix, at singular matrices too; there, where the rank is below n - 1, higher
 * derivatives are taken as 0. Inside a transform this costs a singular value decomposition; for large matrices `slogdet`
 * is faster, and does not overflow.
 */
export function det(a: TensorLike): Tensor {
  const x = asSquare('det', a);
  if (columnsOf(x) === 0) return p.full(x.shape.slice(0, -2), 1, x.dtype);
  const value = fromFactors(p.stopGradient(x));
  if (x instanceof ConcreteTensor && !isRecording()) return value;
  // Only the derivative is wanted of what follows: its value is the determinant up to rounding.
  const smooth = smoothDeterminant(x);
  const frozen = p.stopGradient(smooth);
  return p.add(value, p.where(p.isFinite(frozen), p.sub(smooth, frozen), 0));
}

/**
 * With u and v the singular vectors of vanishing singular values as columns (constants), B = a + u vᵀ has an inverse and
 * det a = det B · det(I - vᵀ B⁻¹ u). The last matrix vanishes on u's columns, so that its determinant is the product of
 * its diagonal to first order, and exactly if there is one such column.
 */
function smoothDeterminant(a: Tensor): Tensor {
  const n = columnsOf(a);
  const [u, s, vt] = p.svd(p.stopGradient(a));
  const largest = p.slice(s, new Array<number>(s.ndim).fill(0), [...s.shape.slice(0, -1), 1]);
  const vanishes = p.lessEqual(s, p.mul(largest, n * epsilonOf(a.dtype)));
  const isZero = p.equal(largest, 0);
  const scale = p.where(isZero, 1, largest);
  const kernelU = p.mul(p.where(asRow(vanishes), u, 0), asRow(scale));
  const kernelV = p.where(asRow(vanishes), mT(vt), 0);
  const bordered = p.add(a, mm(kernelU, kernelV, false, true));
  const correction = diagonalOf(mm(kernelV, p.solve(bordered, kernelU), true));
  return p.mul(fromFactors(bordered), p.prod(p.sub(p.scalar(1, a.dtype), correction), [correction.ndim - 1]));
}
