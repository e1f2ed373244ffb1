import { fused, linalg, scan, type Tensor } from '@core/tensor';
import { eigenOf } from '../matrices/spectral.js';
import { rawLyapunov } from '../matrices/lyapunov.js';
import { alignLeading, constant, identityLike, symmetrize } from '../matrices/support.js';

/** Substeps of the extrapolated midpoint rule. Powers of h² up to h⁸ cancel. */
const substeps = [2, 4, 6, 8, 10] as const;
/** Weights at which they cancel: wⱼ = Π nⱼ² / (nⱼ² - nᵢ²) over the others. */
const weights = substeps.map((n) =>
  substeps.reduce((product, m) => (m === n ? product : (product * n * n) / (n * n - m * m)), 1),
);

/**
 * Parallel transport of v from p along the Bures-Wasserstein geodesic to T p T.
 *
 * The geodesic is Σ(t) = W P W, W = I + t (T - I). With V = S Σ + Σ S and A = (T - I) W⁻¹, V is parallel if
 *
 *     S' = -L_Σ[S A Σ + Σ A S],  S(0) = L_P[v]
 *
 * (the vertical part of the derivative of the horizontal lift is taken off). Where T has eigenvalues far from 1, S moves fast
 * near the ends; time is stretched there, t = 1/2 + tanh(c (s - 1/2)) / (2 tanh(c / 2)) with c the largest |log τ|, so that equal
 * steps in s serve all. Each is a Gragg-Bulirsch-Stoer step of order 10.
 *
 * Source: Thanwerdas and Pennec, O(n)-invariant Riemannian metrics on SPD matrices, 2023, section 3.
 *
 * @param map the optimal map T, symmetric positive definite
 */
export const buresTransport = fused(function buresTransport(
  p: Tensor,
  map: Tensor,
  v: Tensor,
  steps: number,
): Tensor {
  const start = alignLeading(p, map, v);
  const rise = map.sub(identityLike(map));
  const spread = eigenOf(map).values.log().abs().max(-1, { keepDims: true }).expandDims(-1);
  const c = constant(spread).maximum(0.5);

  const slope = (s: Tensor, at: Tensor): Tensor => {
    const wave = c.mul(s.sub(0.5)).tanh();
    const ends = c.mul(0.5).tanh().mul(2);
    const [time, speed] = [wave.div(ends).add(0.5), c.mul(wave.square().neg().add(1)).div(ends)];
    const w = identityLike(map).add(rise.mul(time));
    const sigma = symmetrize(w.matmul(p).matmul(w));
    const moved = at.matmul(linalg.solve(w, rise)).matmul(sigma);
    return symmetrize(rawLyapunov(sigma, symmetrize(moved).mul(-2))).mul(speed);
  };
  const length = 1 / steps;
  /** Gragg's modified midpoint rule over one step. */
  const midpoint = (s: Tensor, at: Tensor, count: number): Tensor => {
    const h = length / count;
    const first = at.add(slope(s, at).mul(h));
    const [[before, last, time]] = scan(
      ([older, old, t]: readonly [Tensor, Tensor, Tensor]) =>
        [[old, older.add(slope(t, old).mul(2 * h)), t.add(h)] as const, null] as const,
      [at, first, s.add(h)] as const,
      null,
      { length: count - 1 },
    );
    return before.add(last).add(slope(time, last).mul(h)).mul(0.5);
  };
  const zero = c.sum().mul(0);
  const [[, end]] = scan(
    ([s, at]: readonly [Tensor, Tensor]) => {
      const parts = substeps.map((count, i) => midpoint(s, at, count).mul(weights[i]!));
      return [[s.add(length), parts.reduce((sum, x) => sum.add(x))] as const, null] as const;
    },
    [zero, rawLyapunov(start, alignLeading(v, p, map))] as const,
    null,
    { length: steps },
  );
  const arrived = symmetrize(map.matmul(p).matmul(map));
  return symmetrize(end.matmul(arrived)).mul(2);
});
