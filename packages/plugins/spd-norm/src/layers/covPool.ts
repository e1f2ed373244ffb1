import { check, fraction, nonNegative } from '@core/registry/checks';
import { ShapeError, type Tensor } from '@core/tensor';
import { stateless, type Empty, type Layer } from '@core/nn';
import { identityLike, symmetrize, trace } from '../matrices/support.js';

export interface CovPoolOptions {
  /** ε, added to the diagonal. At least 0. Default 1e-5. */
  readonly epsilon?: number;
  /** ρ in [0, 1]: the covariance becomes (1 - ρ) C + ρ tr(C)/n I (Ledoit and Wolf's target). Default 0. */
  readonly shrinkage?: number;
}

/**
 * Covariances of signals: x [..., channels, times] to [..., channels, channels], centred in time, over times - 1, shrunk, plus
 * ε I. With fewer times than channels a covariance is singular, and ε or ρ what makes it positive.
 *
 * @throws ShapeError with fewer than two times
 * Source: defaults are the official EEG set-up's (GBWBN).
 */
export function covariancePool(x: Tensor, { epsilon = 1e-5, shrinkage = 0 }: CovPoolOptions = {}): Tensor {
  check('covPool', 'epsilon', epsilon, nonNegative);
  check('covPool', 'shrinkage', shrinkage, fraction);
  const times = x.shape.at(-1) ?? 0;
  if (x.ndim < 2 || times < 2)
    throw new ShapeError(`covPool: signals must be [..., channels, times] with two times or more, got [${x.shape.join(',')}]`); // prettier-ignore
  const centred = x.sub(x.mean(-1, { keepDims: true }));
  const covariance = symmetrize(centred.matmul(centred, { transposeB: true })).div(times - 1);
  const identity = identityLike(covariance);
  const level = trace(covariance)
    .mul(shrinkage / covariance.shape.at(-1)!)
    .add(epsilon);
  const target = identity.mul(level.expandDims(-1).expandDims(-1));
  return (shrinkage === 0 ? covariance : covariance.mul(1 - shrinkage)).add(target);
}

/** `covariancePool` as a layer for examples [..., channels, times]. */
export function covPool(options: CovPoolOptions = {}): Layer<Empty, Empty> {
  check('covPool', 'epsilon', options.epsilon ?? 0, nonNegative);
  check('covPool', 'shrinkage', options.shrinkage ?? 0, fraction);
  return stateless(
    (x) => covariancePool(x, options),
    (shape) => {
      if (shape.length < 2)
        throw new ShapeError(
          `covPool: examples must be signals [..., channels, times], got [${shape.join(',')}]`,
        );
      return [...shape.slice(0, -1), shape.at(-2)!];
    },
  );
}
