import { eye, linalg, type Tensor } from '@core/tensor';

/** (δ I + 1/m Σ g gᵀ)⁻¹ as a matrix [d, d], for rows [m, d]. */
export function denseInverse(rows: Tensor, damping: number): Tensor {
  const [m = 1, d = 0] = rows.shape;
  const fisher = rows.matmul(rows, { transposeA: true }).div(m);
  return linalg.inv(fisher.add(eye(d, d, { dtype: rows.dtype }).mul(damping)));
}
