import { linalg, type Tensor } from '@core/tensor';
import { polarFactor } from '../matrices/factors.js';
import { rawPower } from '../matrices/functions.js';
import { identityLike, symmetrize } from '../matrices/support.js';
import { nextWeight, type Momentum } from './momentum.js';

/** Running mean [n, n] and variance [] of M^-½ X^θ M^-½. They go stale when M or θ moves. `count` where momentum is a schedule. */
export type SpdBatchNormState = { mean: Tensor; variance: Tensor; count?: Tensor };

/** Steps G₊ = T G T with the mean map T, from the arithmetic mean, as `buresWasserstein().mean`. */
export function batchMean(z: Tensor, factors: Tensor, steps: number): Tensor {
  let mean = z.mean(0);
  for (let i = 0; i < steps; i++) {
    const o = polarFactor(linalg.cholesky(mean).matmul(factors, { transposeA: true }));
    const r = o.matmul(factors, { transposeB: true }).mean(0);
    mean = symmetrize(r.matmul(r, { transposeA: true }));
  }
  return mean;
}

/** Mean squared distance of z to the mean, from which the gaps of nearest factors are, or to the identity. */
export function dispersion(z: Tensor, gap: Tensor, about: 'mean' | 'identity'): Tensor {
  const squares =
    about === 'mean'
      ? gap.square().sum([-2, -1])
      : rawPower(z, 0.5).sub(identityLike(z)).square().sum([-2, -1]);
  return squares.mean();
}

/** The mean moves along the geodesic to the batch's. */
export function track(
  momentum: Momentum,
  state: SpdBatchNormState,
  mean: Tensor,
  variance: Tensor,
): SpdBatchNormState {
  const { weight, counted } = nextWeight(momentum, state, mean);
  const [f, k] = [linalg.cholesky(state.mean), linalg.cholesky(mean)];
  const near = k.matmul(polarFactor(f.matmul(k, { transposeA: true })), { transposeB: true });
  const between = f.add(near.sub(f).mul(weight));
  return {
    mean: symmetrize(between.matmul(between, { transposeB: true })),
    variance: state.variance.add(variance.sub(state.variance).mul(weight)),
    ...counted,
  };
}
