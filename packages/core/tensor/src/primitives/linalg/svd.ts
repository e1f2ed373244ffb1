import { SingularValueDecomposition } from 'ml-matrix';
import * as p from '../calls.js';
import { definePrimitive } from '../primitive.js';
import type { Tensor } from '../../tensor.js';
import { balancingScale, countOf, fillNaN, fixColumnSigns, readMatrix, writeMatrix } from './host.js';
import {
  addAll,
  asColumn,
  asRow,
  checkMatrix,
  columnsOf,
  diagonalMatrix,
  diagonalOf,
  mm,
  mT,
  rowsOf,
  safeReciprocal,
  skewPart,
  spectralTolerance,
  symmetricPart,
} from './support.js';

interface Reciprocals {
  /** 1 / (sⱼ - sᵢ), antisymmetric. */
  readonly difference: Tensor;
  /** 1 / (sⱼ + sᵢ), symmetric. */
  readonly sum: Tensor;
  /** 1 / s. */
  readonly single: Tensor;
}

/** Zero where a value vanishes or two meet, within rounding; see the record. */
function reciprocals(s: Tensor, longest: number): Reciprocals {
  const tolerance = spectralTolerance(s, longest);
  return {
    difference: safeReciprocal(p.sub(asRow(s), asColumn(s)), tolerance),
    sum: safeReciprocal(p.add(asRow(s), asColumn(s)), tolerance),
    single: safeReciprocal(s, p.reshape(tolerance, [...s.shape.slice(0, -1), 1])),
  };
}

/** x - u uᵀ x: what of x's columns lies outside u's span. */
const outside = (u: Tensor, x: Tensor): Tensor => p.sub(x, mm(u, mm(u, x, true)));

/**
 * A = U S Vᵀ, reduced. With dP = Uᵀ dA V: dS = diag(dP), dU = U Ωᵤ + (I - U Uᵀ) dA V S⁻¹ and dV likewise, where
 *
 *   Ωᵤ = sym(dP) / (sⱼ - sᵢ) + skew(dP) / (sⱼ + sᵢ),   Ωᵥ = sym(dP) / (sⱼ - sᵢ) - skew(dP) / (sⱼ + sᵢ).
 *
 * This is the usual 1 / (sⱼ² - sᵢ²) (J. Townsend, "Differentiating the singular value decomposition", 2016) taken apart,
 * so that only the first term suffers where singular values meet. There singular vectors are not unique, the term has no
 * limit, and zero is put in its place: the derivative of what does not depend on the choice and needs only the second
 * term (sums of functions of singular values, U Vᵀ, U₁ U₁ᵀ of a whole singular subspace) stays exact. Where a value
 * vanishes 1/s is taken as 0.
 */
export const svd = definePrimitive<'svd'>({
  name: 'svd',
  shape: ([a]) => {
    checkMatrix('svd', a!);
    const leading = a!.shape.slice(0, -2);
    const [m, n] = [rowsOf(a!), columnsOf(a!)];
    const k = Math.min(m, n);
    return [[m, k], [k], [k, n]].map((own) => ({ shape: [...leading, ...own], dtype: a!.dtype }));
  },
  jvp: ({ tangents: [da], outputs: [u, s, vt] }) => {
    const [m, n, k] = [rowsOf(u!), columnsOf(vt!), columnsOf(u!)];
    const { difference, sum, single } = reciprocals(s!, Math.max(m, n));
    const daV = mm(da!, vt!, false, true);
    const dp = mm(u!, daV, true);
    const fromSymmetric = p.mul(symmetricPart(dp), difference);
    const fromSkew = p.mul(skewPart(dp), sum);
    let du = mm(u!, p.add(fromSymmetric, fromSkew));
    let dvt = mm(p.sub(fromSymmetric, fromSkew), vt!, true);
    if (m > k) du = p.add(du, p.mul(outside(u!, daV), asRow(single)));
    if (n > k) dvt = p.add(dvt, p.mul(mT(outside(mT(vt!), mm(da!, u!, true))), asColumn(single)));
    return [du, diagonalOf(dp), dvt];
  },
  vjp: ({ outputs: [u, s, vt], cotangents: [toU, toS, toVt] }) => {
    const [m, n, k] = [rowsOf(u!), columnsOf(vt!), columnsOf(u!)];
    const { difference, sum, single } = reciprocals(s!, Math.max(m, n));
    const pu = toU && mm(u!, toU, true);
    const pv = toVt && mm(vt!, toVt, false, true);
    const both = addAll(pu, pv);
    const apart = addAll(pu, pv ? p.neg(pv) : null);
    const core = addAll(
      toS && diagonalMatrix(toS),
      both && symmetricPart(p.mul(both, difference)),
      apart && skewPart(p.mul(apart, sum)),
    );
    let toA = core && mm(u!, mm(core, vt!));
    if (toU && m > k) toA = addAll(toA, mm(p.mul(outside(u!, toU), asRow(single)), vt!));
    if (toVt && n > k) toA = addAll(toA, mm(u!, p.mul(mT(outside(mT(vt!), mT(toVt))), asColumn(single))));
    return [toA];
  },
  batch: ({ inputs: [a] }) => p.svd(a!),
  kernel: ([a], [u, s, vt]) => {
    const [m, n] = a!.shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    if (k === 0) return;
    const count = countOf(a!);
    for (let index = 0; index < count; index++) {
      const scale = balancingScale(a!.data, index * m * n, m * n);
      if (scale === undefined) {
        for (const out of [u!, s!, vt!]) fillNaN(out, index, count);
        continue;
      }
      const decomposition = new SingularValueDecomposition(readMatrix(a!, index, scale), {
        autoTranspose: true,
      });
      const left = decomposition.leftSingularVectors;
      const right = decomposition.rightSingularVectors;
      fixColumnSigns(left, right);
      writeMatrix(left, u!, index);
      writeMatrix(right.transpose(), vt!, index);
      decomposition.diagonal.forEach((value, i) => (s!.data[index * k + i] = value / scale));
    }
  },
});
