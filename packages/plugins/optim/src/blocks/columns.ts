import { show } from '@core/registry/checks';
import { ArgumentError, ShapeError, Tensor } from '@core/tensor';

/*
 * Sparse matrices by columns. A block of coordinates is a few columns of the data, and a step must cost what these columns
 * hold: residuals change by them, gradients are products with them.
 */

/** A real matrix by columns: entries `starts[j]` to `starts[j + 1]` of `indices` (rows, ascending) and `values` are column j. */
export interface SparseColumns {
  readonly rows: number;
  readonly columns: number;
  /** Length columns + 1. */
  readonly starts: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/** A float tensor [n, p], whose zeros are left out, or a sparse matrix as it is. */
export type MatrixLike = Tensor | SparseColumns;

/** A float tensor [p], or numbers. */
export type VectorLike = Tensor | ArrayLike<number>;

/**
 * @throws ShapeError for what is no matrix or has no rows or columns
 * @throws ArgumentError for entries that are not finite, and sparse matrices whose parts do not fit together
 */
export function columnsOf(owner: string, name: string, matrix: MatrixLike): SparseColumns {
  const sparse = matrix instanceof Tensor ? fromTensor(owner, name, matrix) : checked(owner, name, matrix);
  if (sparse.rows === 0 || sparse.columns === 0)
    throw new ShapeError(
      `${owner}: ${name} is [${sparse.rows},${sparse.columns}]; it must have rows and columns`,
    );
  if (!sparse.values.every(Number.isFinite))
    throw new ArgumentError(`${owner}: ${name} has entries that are not finite`);
  return sparse;
}

function fromTensor(owner: string, name: string, matrix: Tensor): SparseColumns {
  if (matrix.ndim !== 2)
    throw new ShapeError(`${owner}: ${name} must be a matrix [rows, columns], got ${show(matrix)}`);
  const [rows, columns] = matrix.shape as [number, number]; // ndim is 2
  const data = matrix.dataSync();
  const starts = new Int32Array(columns + 1);
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) starts[(i % columns) + 1]! += 1;
  for (let j = 0; j < columns; j++) starts[j + 1]! += starts[j]!;
  const indices = new Int32Array(starts[columns]!);
  const values = new Float64Array(starts[columns]!);
  const next = starts.slice();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = Number(data[row * columns + column]);
      if (value === 0) continue;
      const at = next[column]!++;
      indices[at] = row;
      values[at] = value;
    }
  }
  return { rows, columns, starts, indices, values };
}

function checked(owner: string, name: string, matrix: SparseColumns): SparseColumns {
  const given: Partial<SparseColumns> | null | undefined = matrix; // from outside
  const { rows, columns, starts, indices, values } = given ?? {};
  if (!(starts instanceof Int32Array && indices instanceof Int32Array && values instanceof Float64Array))
    throw new ArgumentError(
      `${owner}: ${name} must be a tensor or a sparse matrix { rows, columns, starts, indices, values }, got ${show(matrix)}`,
    );
  let fits = starts.length === Number(columns) + 1 && starts[0] === 0;
  fits &&= starts.at(-1) === values.length && indices.length === values.length;
  for (let j = 0; fits && j < Number(columns); j++) {
    for (let at = starts[j]!; fits && at < starts[j + 1]!; at++) {
      const before = at > starts[j]! ? indices[at - 1]! : -1;
      fits = indices[at]! > before && indices[at]! < Number(rows);
    }
    fits &&= starts[j]! <= starts[j + 1]!;
  }
  if (!fits)
    throw new ArgumentError(
      `${owner}: ${name} is no sparse matrix: starts must ascend from 0 to the number of values, and the rows of each column must ascend below ${rows}`,
    );
  return matrix;
}

/** @throws ShapeError or ArgumentError for another length, and for numbers that are not finite */
export function vectorOf(owner: string, name: string, vector: VectorLike, length: number): Float64Array {
  if (vector instanceof Tensor ? vector.ndim !== 1 || vector.size !== length : vector.length !== length)
    throw new ShapeError(
      `${owner}: ${name} must be a vector of length ${length}, got ${vector instanceof Tensor ? show(vector) : `${vector.length} numbers`}`,
    );
  const values = Float64Array.from(vector instanceof Tensor ? vector.dataSync() : vector, Number);
  if (!values.every(Number.isFinite))
    throw new ArgumentError(`${owner}: ${name} has entries that are not finite`);
  return values;
}

/** aⱼᵀ v */
export function columnDot(a: SparseColumns, column: number, v: Float64Array): number {
  let sum = 0;
  for (let at = a.starts[column]!; at < a.starts[column + 1]!; at++)
    sum += a.values[at]! * v[a.indices[at]!]!;
  return sum;
}

/** v += factor aⱼ */
export function addColumn(a: SparseColumns, column: number, factor: number, v: Float64Array): void {
  for (let at = a.starts[column]!; at < a.starts[column + 1]!; at++)
    v[a.indices[at]!]! += factor * a.values[at]!;
}

/** A x */
export function timesVector(a: SparseColumns, x: Float64Array): Float64Array {
  const result = new Float64Array(a.rows);
  for (let j = 0; j < a.columns; j++) if (x[j] !== 0) addColumn(a, j, x[j]!, result);
  return result;
}

/** Aᵀ v, or its entries at a block. */
export function transposeTimes(a: SparseColumns, v: Float64Array, block?: Int32Array): Float64Array {
  const result = new Float64Array(block?.length ?? a.columns);
  for (let k = 0; k < result.length; k++) result[k] = columnDot(a, block?.[k] ?? k, v);
  return result;
}

/** ‖aⱼ‖² of each column. */
export function squaredNorms(a: SparseColumns): Float64Array {
  const norms = new Float64Array(a.columns);
  for (let j = 0; j < a.columns; j++)
    for (let at = a.starts[j]!; at < a.starts[j + 1]!; at++) norms[j]! += a.values[at]! ** 2;
  return norms;
}

/**
 * A_bᵀ diag(w) A_b by rows, [|b|, |b|]; w is all ones by default. One column is spread out in `work` (zeros, length rows)
 * at a time.
 */
export function gram(
  a: SparseColumns,
  block: Int32Array,
  work: Float64Array,
  weight: (row: number) => number = () => 1,
): Float64Array {
  const size = block.length;
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const column = block[i]!;
    const [from, to] = [a.starts[column]!, a.starts[column + 1]!];
    for (let at = from; at < to; at++) work[a.indices[at]!] = a.values[at]! * weight(a.indices[at]!);
    for (let j = 0; j <= i; j++) result[i * size + j] = result[j * size + i] = columnDot(a, block[j]!, work);
    for (let at = from; at < to; at++) work[a.indices[at]!] = 0;
  }
  return result;
}

/** Σⱼ |aᵢᵀ aⱼ| for each column i: p² products of columns, once. */
export function gramRowSums(a: SparseColumns): Float64Array {
  const work = new Float64Array(a.rows);
  const sums = new Float64Array(a.columns);
  for (let i = 0; i < a.columns; i++) {
    addColumn(a, i, 1, work);
    for (let j = 0; j <= i; j++) {
      const size = Math.abs(columnDot(a, j, work));
      sums[i]! += size;
      if (j < i) sums[j]! += size;
    }
    for (let at = a.starts[i]!; at < a.starts[i + 1]!; at++) work[a.indices[at]!] = 0;
  }
  return sums;
}

/**
 * A_bb, rows and columns of a block. `places` (length rows, all -1) is where a coordinate's place in the block is looked
 * up; it is left as it was.
 */
export function principalPart(a: SparseColumns, block: Int32Array, places: Int32Array): SparseColumns {
  block.forEach((coordinate, place) => (places[coordinate] = place));
  const starts = new Int32Array(block.length + 1);
  const indices: number[] = [];
  const values: number[] = [];
  block.forEach((coordinate, place) => {
    for (let at = a.starts[coordinate]!; at < a.starts[coordinate + 1]!; at++) {
      const row = places[a.indices[at]!]!;
      if (row < 0) continue;
      indices.push(row);
      values.push(a.values[at]!);
    }
    starts[place + 1] = indices.length;
  });
  block.forEach((coordinate) => (places[coordinate] = -1));
  return {
    rows: block.length,
    columns: block.length,
    starts,
    indices: Int32Array.from(indices),
    values: Float64Array.from(values),
  };
}

/** By rows, dense. */
export function denseOf(a: SparseColumns): Float64Array {
  const dense = new Float64Array(a.rows * a.columns);
  for (let j = 0; j < a.columns; j++)
    for (let at = a.starts[j]!; at < a.starts[j + 1]!; at++)
      dense[a.indices[at]! * a.columns + j] = a.values[at]!;
  return dense;
}

/** @throws ShapeError for a matrix that is not square, ArgumentError for one that is not symmetric to 1e-12 */
export function checkSymmetric(owner: string, name: string, a: SparseColumns): void {
  if (a.rows !== a.columns)
    throw new ShapeError(`${owner}: ${name} must be square, got [${a.rows},${a.columns}]`);
  const largest = a.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // Columns in turn list each row's entries in order, so one pointer for each row finds the mirror image.
  const next = a.starts.slice(0, a.columns);
  for (let j = 0; j < a.columns; j++) {
    for (let at = a.starts[j]!; at < a.starts[j + 1]!; at++) {
      const i = a.indices[at]!;
      const mirror = next[i]!++;
      const fits = mirror < a.starts[i + 1]! && a.indices[mirror] === j;
      if (!fits || !(Math.abs(a.values[mirror]! - a.values[at]!) <= 1e-12 * largest))
        throw new ArgumentError(`${owner}: ${name} must be symmetric; it is not at [${i},${j}]`);
    }
  }
}
