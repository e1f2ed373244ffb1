import type { Tensor } from '@core/tensor';
import { requirePositive, requireSquare } from '../checks.js';
import { expDerivative, logDerivative, logFunction, rawExp } from '../matrices/functions.js';
import { eigenOf } from '../matrices/spectral.js';
import { innerProduct, symmetrize } from '../matrices/support.js';
import type { SpdMetric } from './metric.js';
import { checkMean, metricFrom, weightedMean } from './metricFrom.js';

/**
 * The log-Euclidean metric: the flat one of logarithms, d(P, Q) = |log P - log Q|. Tangent vectors are seen through the
 * logarithm's derivative; the mean is exp of the mean logarithm.
 *
 * Source: Arsigny, Fillard, Pennec and Ayache 2007.
 */
export function logEuclidean(): SpdMetric {
  const name = 'logEuclidean';
  const logarithm = (op: string, argument: string, x: Tensor): Tensor => {
    requireSquare(`${name}.${op}`, argument, x);
    const symmetric = symmetrize(x);
    const eigen = eigenOf(symmetric);
    requirePositive(`${name}.${op}`, argument, eigen.values);
    return logFunction.value(symmetric, eigen);
  };
  return metricFrom({
    name,
    squaredDistance: (p, q) => {
      const gap = logarithm('distance', 'p', p).sub(logarithm('distance', 'q', q));
      return innerProduct(gap, gap);
    },
    inner: (p, u, v) => innerProduct(logDerivative(p, u), logDerivative(p, v)),
    exp: (p, v) => rawExp(logarithm('exp', 'p', p).add(logDerivative(p, v))),
    // The inverse of the logarithm's derivative at P is the exponential's at log P.
    log: (p, q) => {
      const from = logarithm('log', 'p', p);
      return expDerivative(from, logarithm('log', 'q', q).sub(from));
    },
    geodesic: (p, q, t) => {
      const from = logarithm('geodesic', 'p', p);
      return rawExp(from.add(logarithm('geodesic', 'q', q).sub(from).mul(t)));
    },
    transport: (p, q, v) => expDerivative(logarithm('transport', 'q', q), logDerivative(p, v)),
    riemannianGradient: (p, g) => {
      const at = logarithm('riemannianGradient', 'p', p);
      return expDerivative(at, expDerivative(at, symmetrize(g)));
    },
    mean: (x, options = {}) => {
      checkMean(`${name}.mean`, x, options);
      return rawExp(weightedMean(logarithm('mean', 'x', x), options.weights));
    },
  });
}
