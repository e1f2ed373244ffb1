import { tensor, type Tensor } from '@core/tensor';
import { normals, numbers } from '../support.js';

/** Numbers from 0 to 1. */
const uniforms = (seed: number, count: number): number[] => numbers(seed, count).map((x) => (x + 1) / 2);

/** Float64 matrix [rows, columns] of normal numbers. */
export function normalMatrix(seed: number, rows: number, columns: number): Tensor {
  return tensor(Float64Array.from(normals(seed, rows * columns)), { shape: [rows, columns] });
}

/** NumPy's RandomState: MT19937, 53-bit uniform numbers, normal ones by the polar method. */
function randomState(seed: number): { readonly uniform: () => number; readonly normal: () => number } {
  const words = new Uint32Array(624);
  words[0] = seed;
  for (let i = 1; i < 624; i++) {
    const last = words[i - 1]! ^ (words[i - 1]! >>> 30);
    words[i] = Math.imul(1812433253, last) + i;
  }
  let next = 624;
  const word = (): number => {
    if (next === 624) {
      for (let i = 0; i < 624; i++) {
        const mixed = (words[i]! & 0x80000000) | (words[(i + 1) % 624]! & 0x7fffffff);
        words[i] = words[(i + 397) % 624]! ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
      }
      next = 0;
    }
    let y = words[next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
  const uniform = (): number => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992;
  let spare: number | undefined;
  const normal = (): number => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const [x, y] = [2 * uniform() - 1, 2 * uniform() - 1];
      const r = x * x + y * y;
      if (r >= 1 || r === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(r)) / r);
      spare = factor * x;
      return factor * y;
    }
  };
  return { uniform, normal };
}

/**
 * Data set A of the paper, smaller: normal entries + 1, columns scaled by 10 normals, entries kept with probability
 * 10 log(n)/n; b = A w + noise, a tenth of w not 0. The numbers are those of `numpy.random.RandomState(seed)`.
 */
export function dataSetA(seed: number, rows = 200, columns = 1000): { A: Tensor; b: Float64Array } {
  const { uniform, normal } = randomState(seed);
  const several = (count: number, draw: () => number): Float64Array =>
    Float64Array.from({ length: count }, draw);
  const entries = several(rows * columns, normal);
  const scales = several(columns, normal);
  const kept = several(rows * columns, uniform);
  const probability = (10 * Math.log(rows)) / rows;
  const a = entries.map((entry, at) =>
    kept[at]! < probability ? (entry + 1) * 10 * scales[at % columns]! : 0,
  );
  const weights = several(columns, normal);
  const chosen = several(columns, uniform);
  const b = several(rows, normal);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) if (chosen[j]! < 0.1) b[i]! += a[i * columns + j]! * weights[j]!;
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

/** A noisy sum of every 30th column of a normal matrix [100, 200], for a non-negative lasso. */
export function sparseRegression(seed: number): { A: Tensor; b: Float64Array } {
  const [rows, columns] = [100, 200];
  const A = normalMatrix(seed, rows, columns);
  const a = A.dataSync();
  const weights = normals(seed + 10, 6).map((w) => Math.abs(w) + 1);
  const b = Float64Array.from(normals(seed + 20, rows), (noise, i) =>
    weights.reduce((sum, w, k) => sum + w * Number(a[i * columns + 30 * k]), 0.1 * noise),
  );
  return { A, b };
}
