import { EigenvalueDecomposition } from 'ml-matrix';
import type { Tensor } from '../../tensor.js';
import * as p from '../calls.js';
import { definePrimitive } from '../primitive.js';
import { balancingScale, countOf, fillNaN, fixColumnSigns, readSymmetric, writeMatrix } from './host.js';
import {
  addAll,
  asColumn,
  asRow,
  checkSquare,
  diagonalMatrix,
  diagonalOf,
  mm,
  safeReciprocal,
  spectralTolerance,
  symmetricPart,
} from './support.js';

/** F with Fᵢⱼ = 1 / (λⱼ - λᵢ), zero on the diagonal and where eigenvalues meet within rounding. */
function reciprocalGaps(values: Tensor): Tensor {
  return safeReciprocal(p.sub(asRow(values), asColumn(values)), spectralTolerance(values));
}

/**
 * (A + Aᵀ)/2 = V diag(λ) Vᵀ. With the symmetric part of dA, dλ = diag(Vᵀ dA V) and dV = V (F ∘ Vᵀ dA V) (J. Magnus, "On differentiating eigenvalues and eigenvectors", 1985).
 *
 * Where eigenvalues meet their eigenvectors are any basis of a subspace and have no derivative; F's entry is taken as 0.
 * Results stay finite, and are exact for functions that do not depend on the choice and do not mix vectors of the same
 * eigenvalue to first order: symmetric functions of the eigenvalues, and projectors on whole eigenspaces.
 */
export const eigh = definePrimitive<'eigh'>({
  name: 'eigh',
  shape: ([a]) => {
    checkSquare('eigh', a!);
    return [
      { shape: a!.shape.slice(0, -1), dtype: a!.dtype },
      { shape: a!.shape, dtype: a!.dtype },
    ];
  },
  jvp: ({ tangents: [da], outputs: [values, vectors] }) => {
    const inBasis = mm(vectors!, mm(symmetricPart(da!), vectors!), true);
    return [diagonalOf(inBasis), mm(vectors!, p.mul(reciprocalGaps(values!), inBasis))];
  },
  vjp: ({ outputs: [values, vectors], cotangents: [toValues, toVectors] }) => {
    const core = addAll(
      toValues && diagonalMatrix(toValues),
      toVectors && p.mul(reciprocalGaps(values!), mm(vectors!, toVectors, true)),
    );
    return [core && symmetricPart(mm(vectors!, mm(core, vectors!, false, true)))];
  },
  batch: ({ inputs: [a] }) => p.eigh(a!),
  kernel: ([a], [values, vectors]) => {
    const n = a!.shape.at(-1)!;
    if (n === 0) return;
    const count = countOf(a!);
    for (let index = 0; index < count; index++) {
      const matrix = readSymmetric(a!, index);
      const scale = balancingScale(matrix.to1DArray(), 0, n * n);
      if (scale === undefined) {
        for (const out of [values!, vectors!]) fillNaN(out, index, count);
        continue;
      }
      const decomposition = new EigenvalueDecomposition(matrix.mul(scale), {
        assumeSymmetric: true,
      });
      const basis = decomposition.eigenvectorMatrix;
      fixColumnSigns(basis);
      writeMatrix(basis, vectors!, index);
      decomposition.realEigenvalues.forEach((value, i) => (values!.data[index * n + i] = value / scale));
    }
  },
});
