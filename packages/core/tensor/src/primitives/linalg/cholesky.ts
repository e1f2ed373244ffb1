import { CholeskyDecomposition } from 'ml-matrix';
import { LinalgError } from '../../errors.js';
import type { Tensor } from '../../tensor.js';
import * as p from '../calls.js';
import { definePrimitive } from '../primitive.js';
import { countOf, readSymmetric, whichMatrix, writeMatrix } from './host.js';
import { checkSquare, eyeMask, lowerCotangent, mirrorLower, mm, mT, rowsOf, tril } from './support.js';

const lower = { lower: true, transpose: false, unitDiagonal: false };
const lowerTransposed = { ...lower, transpose: true };

/** Φ: the lower triangle with the diagonal halved. */
function phi(x: Tensor): Tensor {
  const triangle = tril(x);
  return p.where(eyeMask(rowsOf(x)), p.mul(triangle, 0.5), triangle);
}

/**
 * A = L Lᵀ. Both rules follow I. Murray, "Differentiation of the Cholesky decomposition" (2016), section 3:
 * dL = L Φ(L⁻¹ dA L⁻ᵀ), with dA the symmetric matrix whose lower triangle is given.
 */
export const cholesky = definePrimitive<'cholesky'>({
  name: 'cholesky',
  shape: ([a]) => {
    checkSquare('cholesky', a!);
    return [{ shape: a!.shape, dtype: a!.dtype }];
  },
  jvp: ({ tangents: [da], outputs: [l] }) => {
    const half = p.triangularSolve(l!, mirrorLower(da!), lower);
    return [mm(l!, phi(p.triangularSolve(l!, mT(half), lower)))];
  },
  vjp: ({ outputs: [l], cotangents: [ct] }) => {
    const half = p.triangularSolve(l!, phi(mm(l!, ct!, true)), lowerTransposed);
    return [lowerCotangent(p.triangularSolve(l!, mT(half), lowerTransposed))];
  },
  batch: ({ inputs: [a] }) => [p.cholesky(a!)],
  kernel: ([a], [l]) => {
    const n = a!.shape.at(-1)!;
    if (n === 0) return;
    for (let index = 0; index < countOf(a!); index++) {
      const factor = new CholeskyDecomposition(readSymmetric(a!, index)).lowerTriangularMatrix;
      for (let pivot = 0; pivot < n; pivot++) {
        if (factor.get(pivot, pivot) > 0) continue;
        throw new LinalgError(
          `cholesky: the matrix${whichMatrix(a!.shape, index)} is not positive definite: pivot ${pivot} of ${n} is not above 0` +
            `${Number.isNaN(factor.get(pivot, pivot)) ? ' (NaN)' : ''}; add a small multiple of the identity if it should be`,
        );
      }
      writeMatrix(factor, l!, index);
    }
  },
});
