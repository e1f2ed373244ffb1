import { customVjp, type Tensor } from '@core/tensor';
import { requirePositive, requireSquare, requireSymmetric } from '../checks.js';
import { eigenOf, type Eigen } from './spectral.js';
import { alignLeading, asColumn, asRow, symmetrize } from './support.js';

/**
 * The solution X of B X + X B = C in the basis of B, for any C: U ((Uᵀ C U)ᵢⱼ / (bᵢ + bⱼ)) Uᵀ. The derivative of a
 * solution is a solution, so that this one rule holds for every order:
 *
 *     dC = Z, dB = -sym(Z Xᵀ + Xᵀ Z)      with Z the solution for the cotangent
 */
export const solveLyapunov: (b: Tensor, eigen: Eigen, c: Tensor) => Tensor = customVjp(
  (_b: Tensor, { values, vectors }: Eigen, c: Tensor) => {
    const inBasis = vectors.matmul(c, { transposeA: true }).matmul(vectors);
    const solution = inBasis.div(asRow(values).add(asColumn(values)));
    return vectors.matmul(solution).matmul(vectors, { transposeB: true });
  },
  (b: Tensor, eigen: Eigen, c: Tensor) => {
    const x = solveLyapunov(b, eigen, c);
    return [x, { b, eigen, x }];
  },
  ({ b, eigen, x }, cotangent) => {
    const z = solveLyapunov(b, eigen, cotangent);
    const toB = z.matmul(x, { transposeB: true }).add(x.matmul(z, { transposeA: true }));
    return [symmetrize(toB).neg(), null, z];
  },
);

/** Without looking at b, which is symmetric; leading axes broadcast. */
export function rawLyapunov(b: Tensor, c: Tensor): Tensor {
  return solveLyapunov(alignLeading(b, c), eigenOf(b), alignLeading(c, b));
}

/**
 * The solution X of B X + X B = C.
 *
 * @param b symmetric positive definite matrices [..., n, n]
 * @param c matrices [..., n, n]; leading axes broadcast. X is symmetric if c is
 * @throws LinalgError for a b that is not symmetric positive definite, with its index and smallest eigenvalue
 */
export function lyapunov(b: Tensor, c: Tensor): Tensor {
  requireSymmetric('lyapunov', 'b', b);
  requireSquare('lyapunov', 'c', c);
  const symmetric = symmetrize(b);
  const eigen = eigenOf(symmetric);
  requirePositive('lyapunov', 'b', eigen.values);
  return solveLyapunov(alignLeading(symmetric, c), eigen, alignLeading(c, b));
}
