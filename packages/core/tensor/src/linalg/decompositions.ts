import type { TensorLike } from '../ops/convert.js';
import * as p from '../primitives/calls.js';
import type { Tensor } from '../tensor.js';
import { asMatrix, asSquare } from './arguments.js';

/**
 * The lower triangular L with a = L Lᵀ and a positive diagonal, for symmetric positive definite matrices [..., n, n].
 *
 * (a + aᵀ)/2 is what is factored, so that the gradient is symmetric, as PyTorch's and JAX's.
 *
 * @throws LinalgError, naming the batch element and the pivot, if a matrix is not positive definite
 */
export function cholesky(a: TensorLike): Tensor {
  return p.cholesky(asSquare('cholesky', a));
}

/**
 * a = q r with orthonormal columns in q and upper triangular r, reduced: for a [..., m, n] and k = min(m, n), q is
 * [..., m, k], r is [..., k, n]. r's diagonal is not negative, which makes the factors unique at full rank. Derivatives
 * need the first k columns of a to be independent; LinalgError otherwise.
 */
export function qr(a: TensorLike): [q: Tensor, r: Tensor] {
  return p.qr(asMatrix('qr', a));
}

/**
 * a = u diag(s) vt, reduced: for a [..., m, n] and k = min(m, n), u is [..., m, k], s [..., k] descending, vt [..., k, n].
 *
 * The largest entry of each column of u is positive. Derivatives stay finite where singular values meet or vanish, and
 * are exact there for what is well defined: functions of the singular values that treat equal ones alike, u vt.
 * A matrix with NaN or infinity gives NaN.
 */
export function svd(a: TensorLike): [u: Tensor, s: Tensor, vt: Tensor] {
  return p.svd(asMatrix('svd', a));
}

/** The singular values [..., k] alone, descending. */
export function singularValues(a: TensorLike): Tensor {
  return p.svd(asMatrix('singularValues', a))[1];
}

/**
 * Eigenvalues [..., n], ascending, and orthonormal eigenvectors [..., n, n] (in columns) of symmetric matrices.
 *
 * (a + aᵀ)/2 is what is decomposed, so that the gradient is symmetric. The largest entry of each vector is positive.
 * Derivatives stay finite where eigenvalues meet, and are exact there for symmetric functions of the eigenvalues and for
 * projectors on whole eigenspaces. For a function of the matrix, v f(λ) vᵀ, use `symmetricFunction`: what is lost in the
 * single vectors of a repeated eigenvalue cannot be had back from them. A matrix with NaN or infinity gives NaN.
 */
export function eigh(a: TensorLike): [values: Tensor, vectors: Tensor] {
  return p.eigh(asSquare('eigh', a));
}

/** The eigenvalues [..., n] of symmetric matrices alone, ascending. */
export function eigvalsh(a: TensorLike): Tensor {
  return p.eigh(asSquare('eigvalsh', a))[0];
}
