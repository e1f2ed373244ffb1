import type { Tensor } from '@core/tensor';

/** Options of `mean`. */
export interface MeanOptions {
  /** [N] or [..., N], at least 0, with the sum 1. Default: equal. */
  readonly weights?: Tensor;
  /** Most iterations; inside `jit` and `vmap`, where nobody can look, all of them. Default 500. Closed means ignore it. */
  readonly steps?: number;
  /** Stop when a step changes the mean by no more than this, relative. Default 1e-13; float32: 1e-6. */
  readonly tolerance?: number;
}

/**
 * A Riemannian metric on symmetric positive definite matrices, as plain functions.
 *
 * Points p, q are SPD [..., n, n], tangent vectors u, v symmetric [..., n, n]; leading axes broadcast. All functions are
 * differentiable, in both modes and to any order, and work inside `jit` and under `vmap`.
 *
 * Each throws ShapeError for what are no matrices, and LinalgError, naming the index and the smallest eigenvalue, for a point
 * that is not positive definite.
 */
export interface SpdMetric {
  readonly name: string;
  /** d(p, q), [...]. Its derivative at p = q, where there is none, is 0. */
  distance(p: Tensor, q: Tensor): Tensor;
  /** d(p, q)², [...]. */
  squaredDistance(p: Tensor, q: Tensor): Tensor;
  /** <u, v> at p, [...]. */
  inner(p: Tensor, u: Tensor, v: Tensor): Tensor;
  /** √<v, v> at p, [...]. */
  norm(p: Tensor, v: Tensor): Tensor;
  /** Where the geodesic that leaves p with velocity v is at time 1. */
  exp(p: Tensor, v: Tensor): Tensor;
  /** The velocity at p of the geodesic that reaches q at time 1. */
  log(p: Tensor, q: Tensor): Tensor;
  /** The geodesic from p to q at time t, a number or a scalar tensor. */
  geodesic(p: Tensor, q: Tensor, t: number | Tensor): Tensor;
  /** v, tangent at p, moved in parallel along the geodesic to q. */
  transport(p: Tensor, q: Tensor, v: Tensor): Tensor;
  /** Fréchet mean of x [..., N, n, n] over the third axis from the end: [..., n, n]. */
  mean(x: Tensor, options?: MeanOptions): Tensor;
  /** Σ wᵢ d(xᵢ, mean)² of x [..., N, n, n], [...]. */
  variance(x: Tensor, mean: Tensor, weights?: Tensor): Tensor;
  /** The gradient in this metric of a function whose gradient among symmetric matrices is g. */
  riemannianGradient(p: Tensor, g: Tensor): Tensor;
  /** The symmetric part: the orthogonal projection of matrices on tangent vectors. */
  projectTangent(v: Tensor): Tensor;
}
