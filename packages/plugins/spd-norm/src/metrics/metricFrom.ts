import { atLeastOne, check, nonNegative } from '@core/registry/checks';
import { ShapeError, scan, type Tensor } from '@core/tensor';
import { elementOf, requireSquare } from '../checks.js';
import { safeRoot, symmetrize } from '../matrices/support.js';
import type { MeanOptions, SpdMetric } from './metric.js';

/** What a metric is made of; the rest follows. */
export type MetricCore = Pick<
  SpdMetric,
  | 'name'
  | 'squaredDistance'
  | 'inner'
  | 'exp'
  | 'log'
  | 'geodesic'
  | 'transport'
  | 'riemannianGradient'
  | 'mean'
>;

export function metricFrom(core: MetricCore): SpdMetric {
  return {
    ...core,
    distance: (p, q) => safeRoot(core.squaredDistance(p, q)),
    norm: (p, v) => safeRoot(core.inner(p, v, v)),
    variance: (x, mean, weights) =>
      weightedMean(core.squaredDistance(x, mean.expandDims(-3)).expandDims(-1).expandDims(-1), weights).squeeze([-1, -2]), // prettier-ignore
    projectTangent: symmetrize,
  };
}

/** Σ wᵢ xᵢ of x [..., N, n, m] with weights [..., N]. */
export function weightedMean(x: Tensor, weights: Tensor | undefined): Tensor {
  return weights === undefined ? x.mean(-3) : x.mul(weights.expandDims(-1).expandDims(-1)).sum(-3);
}

/** Checks what `mean` is given. */
export function checkMean(owner: string, x: Tensor, { steps, tolerance }: MeanOptions): void {
  requireSquare(owner, 'x', x);
  if (x.ndim < 3)
    throw new ShapeError(
      `${owner}: x must be a stack of matrices [..., N, n, n], got [${x.shape.join(',')}]`,
    );
  if (steps !== undefined) check(owner, 'steps', steps, atLeastOne);
  if (tolerance !== undefined) check(owner, 'tolerance', tolerance, nonNegative);
}

/**
 * Repeats `step` until it changes all matrices by no more than the tolerance, |g₊ - g| ≤ tolerance |g|. Where the change
 * cannot be known, the steps are one compiled loop.
 */
export function fixedPoint(
  start: Tensor,
  step: (g: Tensor) => Tensor,
  { steps = 500, tolerance = start.dtype === 'float32' ? 1e-6 : 1e-13 }: MeanOptions,
): Tensor {
  let g = start;
  for (let done = 0; done < steps; done++) {
    const next = step(g);
    const size = (x: Tensor): Tensor => x.square().sum([-2, -1]);
    const change = elementOf(size(next.sub(g)).div(size(g)).max());
    g = next;
    if (change === undefined)
      return scan((carry: Tensor) => [step(carry), null], g, null, { length: steps - done - 1 })[0];
    if (change <= tolerance ** 2) break;
  }
  return g;
}
