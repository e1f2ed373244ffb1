import { concat, linalg, ones, zeros, type Tensor } from '@core/tensor';
import { f64, normals } from '../support.js';
import type { AffineSumOptions, Separation } from '../../src/index.js';

/** 16 positive definite matrices of size 4. */
export function smallSum(seed: number): AffineSumOptions {
  const [n, d] = [16, 4];
  const roots = f64(normals(seed, n * d * d)).reshape([n, d, d]);
  return {
    matrices: roots.transpose([0, 2, 1]).matmul(roots),
    offsets: f64(normals(seed + 1, n * d)).reshape([n, d]),
    start: f64([1, 1, 1, 1]),
  };
}

/** Normal features, labels by a random w; points with |w · a| <= gap left out. */
export function separable(seed: number, n: number, d: number, gap = 1): Separation {
  const w = normals(1000 + seed, d);
  const rows: number[][] = [];
  const labels: number[] = [];
  const stream = normals(seed, 40 * n * d);
  for (let at = 0; rows.length < n && at + d <= stream.length; at += d) {
    const row = stream.slice(at, at + d);
    const height = row.reduce((sum, x, k) => sum + x * (w[k] ?? 0), 0);
    if (Math.abs(height) <= gap) continue;
    rows.push(row);
    labels.push(Math.sign(height));
  }
  return { features: f64(rows), labels: f64(labels) };
}

/** Column scales of the sheet's problems: logspace(0, -1, d). */
const scales = (d: number): Tensor => f64(Array.from({ length: d }, (_, k) => 10 ** (-k / (d - 1))));

/**
 * n cocoercive components in R¹⁰, F_i(u) = (A_iᵀ A_i/30 + K_i) u + q_i with A_i of 30 rows, badly scaled, and skew K_i.
 */
export function cocoerciveSum(seed: number, n: number): AffineSumOptions {
  const [rows, d] = [30, 10];
  const scale = scales(d);
  const a = f64(normals(seed, n * rows * d))
    .reshape([n, rows, d])
    .mul(scale);
  const r = f64(normals(seed + 1, n * d * d)).reshape([n, d, d]);
  const skew = r
    .sub(r.transpose([0, 2, 1]))
    .mul(0.3)
    .mul(scale)
    .mul(scale.expandDims(1));
  return {
    matrices: a.transpose([0, 2, 1]).matmul(a).div(rows).add(skew),
    offsets: f64(normals(seed + 2, n * d))
      .reshape([n, d])
      .mul(scale),
    start: ones([d], { dtype: 'float64' }),
  };
}

/** n bilinear games, 5 against 5: M_i = [[0, A_i], [-A_iᵀ, 0]], A_i = A + 0.5 noise. Not cocoercive. */
export function bilinearSum(seed: number, n: number): AffineSumOptions {
  const half = 5;
  const base = f64(normals(seed, half * half)).reshape([half, half]);
  const noise = f64(normals(seed + 1, n * half * half)).reshape([n, half, half]);
  const a = noise.mul(0.5).add(base).mul(scales(half));
  const nothing = zeros([n, half, half], { dtype: 'float64' });
  return {
    matrices: concat([concat([nothing, a], 2), concat([a.transpose([0, 2, 1]).neg(), nothing], 2)], 1),
    offsets: f64(normals(seed + 2, n * 2 * half))
      .reshape([n, 2 * half])
      .mul(concat([scales(half), scales(half)], 0)),
    start: ones([2 * half], { dtype: 'float64' }),
  };
}

/** ‖u₀ - u*‖ without a resolvent. */
export function distanceToSolution({ matrices, offsets, start }: AffineSumOptions): number {
  const solution = linalg.solve(matrices.mean(0), offsets.mean(0).neg());
  return start.sub(solution).square().sum().sqrt().item();
}

/** What `halpernLipschitz` takes for resolvent k of n components. */
export function innerSteps(n: number, effort: number, k: number): number {
  return Math.ceil(effort * (n + Math.sqrt(n)) * Math.log(k + 3));
}
