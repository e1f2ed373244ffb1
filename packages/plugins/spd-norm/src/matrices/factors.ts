import { LinalgError, customVjp, linalg, type Tensor } from '@core/tensor';
import { requirePositive, requireSquare } from '../checks.js';
import { solveLyapunov } from './lyapunov.js';
import { logFunction } from './functions.js';
import type { Eigen } from './spectral.js';
import { constant, symmetrize, transposed } from './support.js';

/*
 * What metrics are computed with instead of square roots: Cholesky factors, and singular values of products of them. A
 * product such as P^½ Q P^½ has the conditions of P and Q multiplied, a product of factors their root.
 */

/** The lower triangular F with x = F Fᵀ. @throws LinalgError naming the index and the smallest eigenvalue */
export function factorOf(owner: string, argument: string, x: Tensor): Tensor {
  requireSquare(owner, argument, x);
  const symmetric = symmetrize(x);
  try {
    return linalg.cholesky(symmetric);
  } catch (error) {
    // It names a pivot; eigenvalues say more, and are looked for only now.
    if (error instanceof LinalgError) requirePositive(owner, argument, linalg.eigvalsh(constant(symmetric)));
    throw error;
  }
}

/** F⁻¹ x F⁻ᵀ for lower triangular F and symmetric x. */
export function whiten(factor: Tensor, x: Tensor): Tensor {
  const half = linalg.triangularSolve(factor, x);
  return symmetrize(linalg.triangularSolve(factor, transposed(half)));
}

/** A decomposition a = U diag(s) Vᵀ as constants. */
type Svd = { readonly u: Tensor; readonly s: Tensor; readonly vt: Tensor };

function svdOf(a: Tensor): Svd {
  const [u, s, vt] = linalg.svd(constant(a));
  return { u, s, vt };
}

/**
 * The orthogonal factor O = U Vᵀ of a square a = O H. With Ω the solution of H Ω + Ω H = OᵀY - YᵀO, the way back of the
 * cotangent Y is O Ω: no difference of singular values is divided by.
 */
const polarWith: (a: Tensor, svd: Svd) => Tensor = customVjp(
  (_a: Tensor, { u, vt }: Svd) => u.matmul(vt),
  (a: Tensor, svd: Svd) => [polarWith(a, svd), { a, svd }],
  ({ a, svd }, cotangent) => {
    const o = polarWith(a, svd);
    const h = symmetrize(o.matmul(a, { transposeA: true }));
    const turn = o.matmul(cotangent, { transposeA: true });
    const eigen: Eigen = { values: svd.s, vectors: transposed(svd.vt) };
    return [o.matmul(solveLyapunov(h, eigen, turn.sub(transposed(turn)))), null];
  },
);

export const polarFactor = (a: Tensor): Tensor => polarWith(a, svdOf(a));

/** log(B Bᵀ) from the singular values of B, with the derivative of the logarithm of the product. */
export function logGram(b: Tensor): { readonly value: Tensor; readonly condition: Tensor } {
  const { u, s } = svdOf(b);
  const gram = symmetrize(b.matmul(b, { transposeB: true }));
  const squares = s.square();
  return {
    value: logFunction.value(gram, { values: squares, vectors: u }),
    condition: squares.max(-1).div(squares.min(-1)),
  };
}
