import { tensor, type Tensor } from '@core/tensor';
import { normals, numbers } from '../support.js';

/** Numbers from 0 to 1. */
const uniforms = (seed: number, count: number): number[] => numbers(seed, count).map((x) => (x + 1) / 2);

/** Float64 matrix [rows, columns] of normal numbers. */
export function normalMatrix(seed: number, rows: number, columns: number): Tensor {
  return tensor(Float64Array.from(normals(seed, rows * columns)), { shape: [rows, columns] });
}

/**
 * Data set A of the paper, smaller: normal entries + 1, columns scaled by 10 normals, entries kept with probability
 * 10 log(n)/n; b = A w + noise, a tenth of w not 0.
 */
export function dataSetA(seed: number, rows = 200, columns = 1000): { A: Tensor; b: Float64Array } {
  const entries = normals(seed, rows * columns);
  const kept = uniforms(seed + 100, rows * columns);
  const scales = normals(seed + 200, columns).map((x) => 10 * x);
  const share = uniforms(seed + 300, columns);
  const weights = normals(seed + 400, columns).map((w, j) => ((share[j] ?? 1) < 0.1 ? w : 0));
  const noise = normals(seed + 500, rows);
  const probability = (10 * Math.log(rows)) / rows;
  const a = new Float64Array(rows * columns);
  const b = Float64Array.from(noise);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = i * columns + j;
      if ((kept[at] ?? 1) < probability) a[at] = ((entries[at] ?? 0) + 1) * (scales[j] ?? 0);
      b[i] = (b[i] ?? 0) + (a[at] ?? 0) * (weights[j] ?? 0);
    }
  }
  return { A: tensor(a, { shape: [rows, columns] }), b };
}

/** A lattice, numbered down its columns, with `labels` labels 10 N(0, 1) and weights of 1. */
export function lattice(
  seed: number,
  rows: number,
  columns: number,
  labels: number,
): { W: Tensor; y: Float64Array } {
  const size = rows * columns;
  const w = new Float64Array(size * size);
  const join = (i: number, j: number): void => {
    w[i * size + j] = w[j * size + i] = 1;
  };
  for (let c = 0; c < columns; c++) {
    for (let r = 0; r < rows; r++) {
      if (r + 1 < rows) join(c * rows + r, c * rows + r + 1);
      if (c + 1 < columns) join(c * rows + r, (c + 1) * rows + r);
    }
  }
  const order = uniforms(seed, size)
    .map((key, node) => ({ key, node }))
    .sort((a, b) => a.key - b.key);
  const values = normals(seed + 50, labels);
  const y = new Float64Array(size);
  order.slice(0, labels).forEach(({ node }, k) => (y[node] = 10 * (values[k] ?? 0)));
  return { W: tensor(w, { shape: [size, size] }), y };
}

/** n samples of k classes: an argmax of noisy scores of a normal matrix. */
export function classes(
  seed: number,
  rows: number,
  columns: number,
  count: number,
): { A: Tensor; B: Tensor } {
  const A = normalMatrix(seed, rows, columns);
  const a = A.dataSync();
  const w = normals(seed + 1, columns * count);
  const noise = normals(seed + 2, rows * count);
  const B = new Float64Array(rows * count);
  for (let i = 0; i < rows; i++) {
    const scores = Array.from({ length: count }, (_, c) => {
      let score = noise[i * count + c] ?? 0;
      for (let j = 0; j < columns; j++) score += Number(a[i * columns + j]) * (w[j * count + c] ?? 0);
      return score;
    });
    B[i * count + scores.indexOf(Math.max(...scores))] = 1;
  }
  return { A, B: tensor(B, { shape: [rows, count] }) };
}
