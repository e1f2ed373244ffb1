import { check } from '@core/registry/checks';
import { nonZero, requirePositive, requireSquare } from '../checks.js';
import { powerDerivative, powerOf, rawPower } from '../matrices/functions.js';
import { eigenOf } from '../matrices/spectral.js';
import { symmetrize } from '../matrices/support.js';
import type { SpdMetric } from './metric.js';
import { pullback } from './pullback.js';

/**
 * The power deformation of a metric: d_θ(P, Q) = d(P^θ, Q^θ) / |θ|. As θ → 0 the affine-invariant metric becomes the
 * log-Euclidean one, and the Bures-Wasserstein metric a quarter of it (half its distances).
 *
 * @param theta θ, not 0; negative is allowed
 * Source: Thanwerdas and Pennec 2019 and 2022.
 */
export function powerDeformed(metric: SpdMetric, theta: number): SpdMetric {
  const name = `powerDeformed(${metric.name}, ${theta})`;
  check('powerDeformed', 'theta', theta, nonZero);
  return pullback(name, metric, {
    map: (op, argument, p) => {
      requireSquare(`${name}.${op}`, argument, p);
      const symmetric = symmetrize(p);
      const eigen = eigenOf(symmetric);
      requirePositive(`${name}.${op}`, argument, eigen.values);
      return powerOf(theta).value(symmetric, eigen);
    },
    inverse: (z) => rawPower(z, 1 / theta),
    push: (p, v) => powerDerivative(p, theta, v),
    // The inverse of the power's derivative at P is that of the inverse power at P^θ.
    pull: (p, v) => powerDerivative(rawPower(symmetrize(p), theta), 1 / theta, v),
    gradient: (p, g) => powerDerivative(rawPower(symmetrize(p), theta), 1 / theta, symmetrize(g)),
    scale: 1 / theta ** 2,
  });
}
