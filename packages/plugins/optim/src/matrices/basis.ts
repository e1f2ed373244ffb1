import { flip, linalg, matmul, type Tensor } from '@core/tensor';
import { scalarDType } from '../math.js';

/*
 * A leaf of axes n₁ × … × nₖ with an nᵢ × nᵢ matrix for some axes: products with them, and the bases that they span.
 * Products read the leaf as it lies: the axis is first, last, or in the middle of a stack, never moved.
 */

/** A tensor for each of some axes, under the names axis0, axis1, … */
export type PerAxis = Readonly<Record<string, Tensor>>;

export const axisName = (axis: number): string => `axis${axis}`;

export function perAxis(axes: readonly number[], make: (name: string, axis: number) => Tensor): PerAxis {
  return Object.fromEntries(axes.map((axis) => [axisName(axis), make(axisName(axis), axis)]));
}

/** Another tensor for each axis that has one, in the axes' order. */
export function mapPerAxis(from: PerAxis, make: (x: Tensor, name: string, axis: number) => Tensor): PerAxis {
  const axes = Object.keys(from).map((name) => Number(name.slice('axis'.length)));
  return perAxis(
    axes.sort((a, b) => a - b),
    (name, axis) => make(from[name] as Tensor, name, axis),
  ); // its own keys
}

/** An nᵢ × nᵢ matrix for each of the axes. */
export function matrixShapes(
  shape: readonly number[],
  axes: readonly number[],
): Readonly<Record<string, readonly [number, number]>> {
  return Object.fromEntries(axes.map((axis) => [axisName(axis), [shape[axis] ?? 1, shape[axis] ?? 1]]));
}

/** x seen as [before, nᵢ, after]. */
function around(x: Tensor, axis: number): readonly [before: number, length: number, after: number] {
  const product = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);
  return [product(x.shape.slice(0, axis)), x.shape[axis] ?? 1, product(x.shape.slice(axis + 1))];
}

/** x contracted with itself over all axes but one: nᵢ × nᵢ; for a matrix G these are G Gᵀ and Gᵀ G. */
export function gram(x: Tensor, axis: number): Tensor {
  const [before, length, after] = around(x, axis);
  if (after === 1) {
    const tall = x.reshape([before, length]);
    return matmul(tall, tall, { transposeA: true });
  }
  const stack = x.reshape(before === 1 ? [length, after] : [before, length, after]);
  const product = matmul(stack, stack, { transposeB: true });
  return before === 1 ? product : product.sum(0);
}

/** Qᵀ x (or Q x with `back`) on one axis. */
function rotate(x: Tensor, q: Tensor, axis: number, back: boolean): Tensor {
  const [before, length, after] = around(x, axis);
  if (after === 1) return matmul(x.reshape([before, length]), q, { transposeB: back }).reshape(x.shape);
  const stack = x.reshape(before === 1 ? [length, after] : [before, length, after]);
  return matmul(q, stack, { transposeA: !back }).reshape(x.shape);
}

/** x in the bases: Qᵢᵀ x on every axis that has one. */
export function project(x: Tensor, bases: PerAxis): Tensor {
  return [...x.shape.keys()].reduce((y, axis) => {
    const q = bases[axisName(axis)];
    return q === undefined ? y : rotate(y, q, axis, false);
  }, x);
}

/** The way back, Qᵢ x; also x preconditioned by symmetric matrices. */
export function projectBack(x: Tensor, bases: PerAxis): Tensor {
  return [...x.shape.keys()].reduce((y, axis) => {
    const q = bases[axisName(axis)];
    return q === undefined ? y : rotate(y, q, axis, true);
  }, x);
}

/** Eigenvectors as columns, of the largest eigenvalue first; computed in float64. */
export function eigenbasis(matrix: Tensor): Tensor {
  const [, vectors] = linalg.eigh(matrix.cast(scalarDType()));
  return flip(vectors, 1).cast(matrix.dtype);
}

/**
 * One step of orthogonal iteration from the basis q, in float64: columns in descending order of the estimated
 * eigenvalues diag(qᵀ M q), then the orthonormal factor of M q.
 */
export function refinedBasis(matrix: Tensor, q: Tensor): { basis: Tensor; order: Tensor } {
  const wide = q.cast(scalarDType());
  const power = matmul(matrix.cast(wide.dtype), wide);
  const order = wide.mul(power).sum(0).argsort(-1, { descending: true });
  const [basis] = linalg.qr(power.take(order, 1));
  return { basis: basis.cast(q.dtype), order };
}
