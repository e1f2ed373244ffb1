import { Matrix } from 'ml-matrix';
import { sizeOf } from '../../shape.js';
import type { Shape } from '../../shape.js';
import type { HostArray } from '../primitive.js';

/** Between row-major typed arrays and ml-matrix, which computes in float64 whatever the dtype. */

/** How many matrices lie in the leading axes. */
export const countOf = (x: HostArray): number => sizeOf(x.shape.slice(0, -2));

/** Matrix `index` of a stack, or its leading `columns` columns, times `scale`. */
export function readMatrix(x: HostArray, index: number, scale = 1, columns?: number): Matrix {
  const [rows, stride] = x.shape.slice(-2) as [number, number];
  const width = columns ?? stride;
  const matrix = new Matrix(rows, width);
  const start = index * rows * stride;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < width; j++) matrix.set(i, j, x.data[start + i * stride + j]! * scale);
  }
  return matrix;
}

/** As `readMatrix`, the symmetric part (A + Aᵀ)/2. */
export function readSymmetric(x: HostArray, index: number): Matrix {
  const n = x.shape.at(-1)!;
  const matrix = new Matrix(n, n);
  const start = index * n * n;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (x.data[start + i * n + j]! + x.data[start + j * n + i]!) / 2;
      matrix.set(i, j, value);
      matrix.set(j, i, value);
    }
  }
  return matrix;
}

/** Writes the leading part of `matrix` that fits matrix `index` of the stack. */
export function writeMatrix(matrix: Matrix, out: HostArray, index: number): void {
  const [rows, columns] = out.shape.slice(-2) as [number, number];
  const start = index * rows * columns;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out.data[start + i * columns + j] = matrix.get(i, j);
  }
}

/**
 * The power of two that brings the largest of `length` elements from `start` near 1, so that squares neither overflow
 * nor vanish (ml-matrix's eigenvalue iteration fails on entries above 1e154); multiplying by it is exact. Undefined
 * when an element is not finite.
 */
export function balancingScale(data: ArrayLike<number>, start: number, length: number): number | undefined {
  let largest = 0;
  for (let i = start; i < start + length; i++) {
    const size = Math.abs(data[i]!);
    if (!(size < Infinity)) return undefined;
    if (size > largest) largest = size;
  }
  if (largest === 0) return 1;
  return 2 ** -Math.max(-1022, Math.min(1022, Math.floor(Math.log2(largest))));
}

/** Fills matrix (or vector, or scalar) `index` of `count` in a stack with NaN. */
export function fillNaN(out: HostArray, index: number, count: number): void {
  const size = out.data.length / count;
  out.data.fill(NaN, index * size, (index + 1) * size);
}

/**
 * Flips the signs of columns such that each one's largest entry is positive; the first one where several are as large
 * (to 1e-6, so that rounding does not choose). `partner`'s columns flip along.
 */
export function fixColumnSigns(vectors: Matrix, partner?: Matrix): void {
  for (let j = 0; j < vectors.columns; j++) {
    let largest = 0;
    for (let i = 0; i < vectors.rows; i++) largest = Math.max(largest, Math.abs(vectors.get(i, j)));
    for (let i = 0; i < vectors.rows; i++) {
      const entry = vectors.get(i, j);
      if (Math.abs(entry) < largest * (1 - 1e-6)) continue;
      if (entry < 0) {
        for (const matrix of partner === undefined ? [vectors] : [vectors, partner]) {
          for (let k = 0; k < matrix.rows; k++) matrix.set(k, j, -matrix.get(k, j));
        }
      }
      break;
    }
  }
}

/** ` in batch element [1,0]`, or nothing when there are no leading axes. */
export function whichMatrix(shape: Shape, index: number): string {
  const leading = shape.slice(0, -2);
  if (leading.length === 0) return '';
  const position: number[] = [];
  for (let axis = leading.length - 1, rest = index; axis >= 0; axis--) {
    position.unshift(rest % leading[axis]!);
    rest = Math.floor(rest / leading[axis]!);
  }
  return ` in batch element [${position.join(',')}]`;
}
