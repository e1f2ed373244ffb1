import { LuDecomposition } from 'ml-matrix';
import { LinalgError } from '../../errors.js';
import type { Tensor } from '../../tensor.js';
import { allBatched } from '../batching.js';
import * as p from '../calls.js';
import type { BatchContext, HostArray } from '../primitive.js';
import { definePrimitive } from '../primitive.js';
import { countOf, readMatrix, whichMatrix, writeMatrix } from './host.js';
import { addAll, checkSquare, checkSystem, diagonalOf, eyeFor, mm, rowsOf, tril, triu } from './support.js';

type TriangularParameters = {
  readonly lower: boolean;
  readonly transpose: boolean;
  readonly unitDiagonal: boolean;
};

/** The part of a that a triangular solve reads. */
function triangle(a: Tensor, { lower, unitDiagonal }: TriangularParameters): Tensor {
  const inset = unitDiagonal ? 1 : 0;
  return lower ? tril(a, -inset) : triu(a, inset);
}

/** For one matrix and many right-hand sides, the batch becomes columns and the matrix is factored once. */
function batchSystem(
  { inputs, batched, size }: Pick<BatchContext<'solve'>, 'inputs' | 'batched' | 'size'>,
  apply: (a: Tensor, b: Tensor) => Tensor,
): Tensor[] {
  const [a, b] = inputs as [Tensor, Tensor];
  if (!batched[0] && a.ndim === 2) {
    const [, n, k] = b.shape as [number, number, number];
    const x = apply(a, p.reshape(p.transpose(b, [1, 0, 2]), [n, size * k]));
    return [p.transpose(p.reshape(x, [n, size, k]), [1, 0, 2])];
  }
  const [stackedA, stackedB] = allBatched(inputs, batched, size);
  return [apply(stackedA!, stackedB!)];
}

/** op(A) X = B for triangular A. dX = op(A)⁻¹ (dB - op(dA) X); the adjoint solves with the other transpose. */
export const triangularSolve = definePrimitive<'triangularSolve'>({
  name: 'triangularSolve',
  shape: ([a, b]) => {
    checkSystem('triangularSolve', a!, b!);
    return [{ shape: b!.shape, dtype: b!.dtype }];
  },
  jvp: ({ primals: [a], tangents: [da, db], outputs: [x], params }) => {
    const fromA = da ? p.neg(mm(triangle(da, params), x!, params.transpose)) : null;
    return [p.triangularSolve(a!, addAll(db, fromA)!, params)];
  },
  vjp: ({ inputs: [a], outputs: [x], cotangents: [ct], needs, params }) => {
    const toB = p.triangularSolve(a!, ct!, { ...params, transpose: !params.transpose });
    const [left, right] = params.transpose ? [x!, toB] : [toB, x!];
    return [needs[0] ? p.neg(triangle(mm(left, right, false, true), params)) : null, needs[1] ? toB : null];
  },
  batch: ({ params, ...context }) => batchSystem(context, (a, b) => p.triangularSolve(a, b, params)),
  kernel: ([a, b], [x], params) => {
    const [n, k] = b!.shape.slice(-2) as [number, number];
    const work = new Float64Array(n * k);
    for (let index = 0; index < countOf(b!); index++) {
      work.set(b!.data.subarray(index * n * k, (index + 1) * n * k));
      substitute(a!, index, n, k, work, params);
      x!.data.set(work, index * n * k);
    }
  },
});

/** Forward or backward substitution in place; ml-matrix has none of its own. */
function substitute(
  a: HostArray,
  index: number,
  n: number,
  k: number,
  x: Float64Array,
  params: TriangularParameters,
): void {
  const start = index * n * n;
  const [rowStride, columnStride] = params.transpose ? [1, n] : [n, 1];
  const forward = params.lower !== params.transpose;
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step;
    for (let solved = 0; solved < step; solved++) {
      const j = forward ? solved : n - 1 - solved;
      const factor = a.data[start + i * rowStride + j * columnStride]!;
      if (factor !== 0)
        for (let column = 0; column < k; column++) x[i * k + column]! -= factor * x[j * k + column]!;
    }
    if (params.unitDiagonal) continue;
    const pivot = a.data[start + i * n + i]!;
    if (pivot === 0) {
      throw new LinalgError(
        `triangularSolve: the matrix${whichMatrix(a.shape, index)} is singular: pivot ${i} of ${n} is 0`,
      );
    }
    for (let column = 0; column < k; column++) x[i * k + column]! /= pivot;
  }
}

/** op(A) X = B by LU factors; the same rules as the triangular one. */
export const solve = definePrimitive<'solve'>({
  name: 'solve',
  shape: ([a, b]) => {
    checkSystem('solve', a!, b!);
    return [{ shape: b!.shape, dtype: b!.dtype }];
  },
  jvp: ({ primals: [a], tangents: [da, db], outputs: [x], params: { transpose } }) => {
    const fromA = da ? p.neg(mm(da, x!, transpose)) : null;
    return [p.solve(a!, addAll(db, fromA)!, transpose)];
  },
  vjp: ({ inputs: [a], outputs: [x], cotangents: [ct], needs, params: { transpose } }) => {
    const toB = p.solve(a!, ct!, !transpose);
    const [left, right] = transpose ? [x!, toB] : [toB, x!];
    return [needs[0] ? p.neg(mm(left, right, false, true)) : null, needs[1] ? toB : null];
  },
  batch: ({ params: { transpose }, ...context }) => batchSystem(context, (a, b) => p.solve(a, b, transpose)),
  kernel: ([a, b], [x], { transpose }) => {
    const n = a!.shape.at(-1)!;
    if (x!.data.length === 0) return;
    for (let index = 0; index < countOf(a!); index++) {
      const matrix = readMatrix(a!, index);
      const lu = new LuDecomposition(transpose ? matrix.transpose() : matrix);
      const factors = lu.upperTriangularMatrix;
      for (let pivot = 0; pivot < n; pivot++) {
        if (factors.get(pivot, pivot) !== 0) continue;
        throw new LinalgError(
          `solve: the matrix${whichMatrix(a!.shape, index)} is singular: pivot ${pivot} of ${n} is 0; use lstsq or pinv for a least-squares solution`,
        );
      }
      writeMatrix(lu.solve(readMatrix(b!, index)), x!, index);
    }
  },
});

/** d log|det A| = tr(A⁻¹ dA); the sign is piecewise constant. */
export const slogdet = definePrimitive<'slogdet'>({
  name: 'slogdet',
  shape: ([a]) => {
    checkSquare('slogdet', a!);
    const aval = { shape: a!.shape.slice(0, -2), dtype: a!.dtype };
    return [aval, aval];
  },
  jvp: ({ primals: [a], tangents: [da] }) => {
    const diagonal = diagonalOf(p.solve(a!, da!));
    return [null, p.sum(diagonal, [diagonal.ndim - 1])];
  },
  vjp: ({ inputs: [a], cotangents: [, ct] }) => {
    if (!ct) return [null];
    const inverseTransposed = p.solve(a!, eyeFor(a!, rowsOf(a!)), true);
    return [p.mul(inverseTransposed, p.reshape(ct, [...ct.shape, 1, 1]))];
  },
  batch: ({ inputs: [a] }) => p.slogdet(a!),
  kernel: ([a], [sign, logarithm]) => {
    const n = a!.shape.at(-1)!;
    for (let index = 0; index < countOf(a!); index++) {
      let signs = 1;
      let logarithms = 0;
      if (n > 0) {
        const lu = new LuDecomposition(readMatrix(a!, index));
        signs = permutationSign(lu.pivotPermutationVector);
        const factors = lu.upperTriangularMatrix;
        for (let i = 0; i < n; i++) {
          const pivot = factors.get(i, i);
          signs *= Math.sign(pivot);
          logarithms += Math.log(Math.abs(pivot));
        }
      }
      sign!.data[index] = signs === 0 ? 0 : signs; // no -0
      logarithm!.data[index] = signs === 0 ? -Infinity : logarithms;
    }
  },
});

function permutationSign(permutation: readonly number[]): number {
  const seen = new Set<number>();
  let sign = 1;
  for (let start = 0; start < permutation.length; start++) {
    for (let i = start, length = 0; !seen.has(i); i = permutation[i]!, length++) {
      seen.add(i);
      if (length > 0) sign = -sign;
    }
  }
  return sign;
}
