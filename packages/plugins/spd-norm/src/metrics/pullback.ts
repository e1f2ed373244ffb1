import type { Tensor } from '@core/tensor';
import type { SpdMetric } from './metric.js';
import { checkMean, metricFrom } from './metricFrom.js';

/** A change of coordinates of SPD matrices. */
export interface Chart {
  /** φ(p). */
  readonly map: (op: string, argument: string, p: Tensor) => Tensor;
  /** φ⁻¹(z). */
  readonly inverse: (z: Tensor) => Tensor;
  /** Dφ at p. */
  readonly push: (p: Tensor, v: Tensor) => Tensor;
  /** (Dφ at p)⁻¹. */
  readonly pull: (p: Tensor, v: Tensor) => Tensor;
  /** The gradient with respect to φ(p) of a function whose gradient with respect to p is g. */
  readonly gradient: (p: Tensor, g: Tensor) => Tensor;
  /** Factor of squared lengths. */
  readonly scale: number;
}

/** The metric that makes φ an isometry up to `scale`: every operation is φ⁻¹ ∘ the other metric's ∘ φ. */
export function pullback(name: string, metric: SpdMetric, chart: Chart): SpdMetric {
  const { map, inverse, push, pull, gradient, scale } = chart;
  return metricFrom({
    name,
    squaredDistance: (p, q) =>
      metric.squaredDistance(map('distance', 'p', p), map('distance', 'q', q)).mul(scale),
    inner: (p, u, v) => metric.inner(map('inner', 'p', p), push(p, u), push(p, v)).mul(scale),
    exp: (p, v) => inverse(metric.exp(map('exp', 'p', p), push(p, v))),
    log: (p, q) => pull(p, metric.log(map('log', 'p', p), map('log', 'q', q))),
    geodesic: (p, q, t) => inverse(metric.geodesic(map('geodesic', 'p', p), map('geodesic', 'q', q), t)),
    transport: (p, q, v) =>
      pull(q, metric.transport(map('transport', 'p', p), map('transport', 'q', q), push(p, v))),
    riemannianGradient: (p, g) =>
      pull(p, metric.riemannianGradient(map('riemannianGradient', 'p', p), gradient(p, g))).div(scale),
    mean: (x, options = {}) => {
      checkMean(`${name}.mean`, x, options);
      return inverse(metric.mean(map('mean', 'x', x), options));
    },
  });
}
