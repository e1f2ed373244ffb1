import { QrDecomposition } from 'ml-matrix';
import type { Matrix } from 'ml-matrix';
import type { Tensor } from '../../tensor.js';
import * as p from '../calls.js';
import { definePrimitive } from '../primitive.js';
import { countOf, readMatrix, writeMatrix } from './host.js';
import { addAll, checkMatrix, columnsOf, mm, mT, rowsOf, tril, triu } from './support.js';

const upper = { lower: false, transpose: false, unitDiagonal: false };

/** Y R⁻¹ and Y R⁻ᵀ. */
const timesInverse = (y: Tensor, r: Tensor): Tensor =>
  mT(p.triangularSolve(r, mT(y), { ...upper, transpose: true }));
const timesInverseTransposed = (y: Tensor, r: Tensor): Tensor => mT(p.triangularSolve(r, mT(y), upper));

/** Columns from..to of the last axis. */
function columnRange(x: Tensor, from: number, to: number): Tensor {
  const axes = x.ndim - 1;
  return p.slice(x, [...new Array<number>(axes).fill(0), from], [...x.shape.slice(0, -1), to]);
}

/**
 * Tall and square: dQ and dR from dA (M. Seeger et al., "Auto-differentiating linear algebra", 2017, section 3; S. Walter
 * and L. Lehmann, "Algorithmic differentiation of linear algebra functions", 2010). With C = Qᵀ dA R⁻¹ and the skew
 * Ω = tril₋₁(C) - tril₋₁(C)ᵀ: dQ = Q (Ω - C) + dA R⁻¹, dR = (C - Ω) R.
 */
function tallTangents(q: Tensor, r: Tensor, da: Tensor): [Tensor, Tensor] {
  const daR = timesInverse(da, r);
  const c = mm(q, daR, true);
  const below = tril(c, -1);
  const rest = p.sub(c, p.sub(below, mT(below)));
  return [p.sub(daR, mm(q, rest)), mm(rest, r)];
}

/** The adjoint: Ā = (Q̄ + Q copyltu(M)) R⁻ᵀ with M = R R̄ᵀ - Q̄ᵀ Q, copyltu the symmetric matrix of the lower triangle. */
function tallCotangent(
  q: Tensor,
  r: Tensor,
  toQ: Tensor | null | undefined,
  toR: Tensor | null | undefined,
): Tensor {
  const m = addAll(toR && mm(r, triu(toR), false, true), toQ && p.neg(mm(toQ, q, true)))!;
  const symmetric = p.add(tril(m), mT(tril(m, -1)));
  return timesInverseTransposed(addAll(toQ, mm(q, symmetric))!, r);
}

/**
 * A = Q R with r's diagonal not negative. A wide matrix [A₁ A₂] has A₁ = Q R₁ square and R₂ = Qᵀ A₂, so its rules are
 * those of A₁ and of a product. The derivative needs the leading min(m, n) columns of A to be independent.
 */
export const qr = definePrimitive<'qr'>({
  name: 'qr',
  shape: ([a]) => {
    checkMatrix('qr', a!);
    const leading = a!.shape.slice(0, -2);
    const [m, n] = [rowsOf(a!), columnsOf(a!)];
    const k = Math.min(m, n);
    return [
      { shape: [...leading, m, k], dtype: a!.dtype },
      { shape: [...leading, k, n], dtype: a!.dtype },
    ];
  },
  jvp: ({ primals: [a], tangents: [da], outputs: [q, r] }) => {
    const [m, n] = [rowsOf(a!), columnsOf(a!)];
    if (m >= n) return tallTangents(q!, r!, da!);
    const [dq, dr1] = tallTangents(q!, columnRange(r!, 0, m), columnRange(da!, 0, m));
    const dr2 = p.add(mm(dq, columnRange(a!, m, n), true), mm(q!, columnRange(da!, m, n), true));
    return [dq, p.concat([dr1, dr2], dr1.ndim - 1)];
  },
  vjp: ({ inputs: [a], outputs: [q, r], cotangents: [toQ, toR] }) => {
    const [m, n] = [rowsOf(a!), columnsOf(a!)];
    if (m >= n) return [tallCotangent(q!, r!, toQ, toR)];
    const toR2 = toR && columnRange(toR, m, n);
    const throughQ = toR2 && mm(columnRange(a!, m, n), toR2, false, true);
    const toA1 = tallCotangent(
      q!,
      columnRange(r!, 0, m),
      addAll(toQ, throughQ),
      toR && columnRange(toR, 0, m),
    );
    const toA2 = toR2 ? mm(q!, toR2) : p.zerosLike(columnRange(a!, m, n));
    return [p.concat([toA1, toA2], toA1.ndim - 1)];
  },
  batch: ({ inputs: [a] }) => p.qr(a!),
  kernel: ([a], [q, r]) => {
    const [m, n] = a!.shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    if (k === 0) return;
    for (let index = 0; index < countOf(a!); index++) {
      // ml-matrix takes no wide matrices: Q comes from the square block, the rest of R from a product.
      const decomposition = new QrDecomposition(readMatrix(a!, index, 1, k));
      const orthogonal = decomposition.orthogonalMatrix;
      let triangular: Matrix = decomposition.upperTriangularMatrix;
      makeDiagonalPositive(orthogonal, triangular);
      if (n > m) {
        const product = orthogonal.transpose().mmul(readMatrix(a!, index));
        product.setSubMatrix(triangular, 0, 0);
        triangular = product;
      }
      writeMatrix(orthogonal, q!, index);
      writeMatrix(triangular, r!, index);
    }
  },
});

function makeDiagonalPositive(q: Matrix, r: Matrix): void {
  for (let i = 0; i < r.rows; i++) {
    if (r.get(i, i) > 0 || Number.isNaN(r.get(i, i))) continue;
    for (let j = i; j < r.columns; j++) r.set(i, j, 0 - r.get(i, j));
    for (let j = 0; j < q.rows; j++) q.set(j, i, 0 - q.get(j, i));
  }
}
