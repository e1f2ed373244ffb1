import { LinalgError } from '../../errors.js';
import type { Tensor } from '../../tensor.js';
import * as p from '../calls.js';
import type { HostArray } from '../primitive.js';
import { definePrimitive } from '../primitive.js';
import { countOf, whichMatrix } from './host.js';
import { checkSquare, eyeMask, mm, mT, rowsOf, symmetricPart, tril } from './support.js';

const lower = { lower: true, transpose: false, unitDiagonal: false };
const lowerTransposed = { ...lower, transpose: true };

/** Φ: the lower triangle with the diagonal halved. */
function phi(x: Tensor): Tensor {
  const triangle = tril(x);
  return p.where(eyeMask(rowsOf(x)), p.mul(triangle, 0.5), triangle);
}

/**
 * (A + Aᵀ)/2 = L Lᵀ. Both rules follow I. Murray, "Differentiation of the Cholesky decomposition" (2016), section 3:
 * dL = L Φ(L⁻¹ dA L⁻ᵀ), with the symmetric part of dA.
 */
export const cholesky = definePrimitive<'cholesky'>({
  name: 'cholesky',
  shape: ([a]) => {
    checkSquare('cholesky', a!);
    return [{ shape: a!.shape, dtype: a!.dtype }];
  },
  jvp: ({ tangents: [da], outputs: [l] }) => {
    const half = p.triangularSolve(l!, symmetricPart(da!), lower);
    return [mm(l!, phi(p.triangularSolve(l!, mT(half), lower)))];
  },
  vjp: ({ outputs: [l], cotangents: [ct] }) => {
    const half = p.triangularSolve(l!, phi(mm(l!, ct!, true)), lowerTransposed);
    return [symmetricPart(p.triangularSolve(l!, mT(half), lowerTransposed))];
  },
  batch: ({ inputs: [a] }) => [p.cholesky(a!)],
  kernel: ([a], [l]) => {
    const n = a!.shape.at(-1)!;
    const factor = new Float64Array(n * n);
    for (let index = 0; index < countOf(a!); index++) {
      factorize(a!, index, factor);
      l!.data.set(factor, index * n * n);
    }
  },
});

/** Row by row, on our own: ml-matrix does not tell which pivot fails, and takes no NaN. */
function factorize(a: HostArray, index: number, l: Float64Array): void {
  const n = a.shape.at(-1)!;
  const start = index * n * n;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = (a.data[start + i * n + j]! + a.data[start + j * n + i]!) / 2;
      for (let k = 0; k < j; k++) rest -= l[i * n + k]! * l[j * n + k]!;
      if (i > j) l[i * n + j] = rest / l[j * n + j]!;
      else if (rest > 0 && rest < Infinity) l[i * n + i] = Math.sqrt(rest);
      else {
        throw new LinalgError(
          `cholesky: the matrix${whichMatrix(a.shape, index)} is not positive definite: pivot ${i} of ${n} is ${rest}` +
            `, and must be above 0; if rounding made it so, add a small multiple of the identity`,
        );
      }
    }
  }
}
