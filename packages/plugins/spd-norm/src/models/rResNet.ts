import { atLeastOne, check, wholeNumber } from '@core/registry/checks';
import { dense, flatten, sequential, type Layer } from '@core/nn';
import { biMap } from '../layers/biMap.js';
import { covPool } from '../layers/covPool.js';
import { spdResidual } from '../layers/spdResidual.js';
import { logEig } from '../layers/spectral.js';
import { inDtype, normalization, type Named, type SpdNetOptions } from './spdNet.js';

export interface RResNetOptions extends Omit<SpdNetOptions, 'sizes' | 'reEigEpsilon'> {
  /** Size after BiMap. Default 30. */
  readonly size?: number;
  /** Residual blocks. Default 1, official. */
  readonly blocks?: number;
}

/**
 * A Riemannian residual network: BiMap, normalisation, residual blocks, LogEig, linear. Defaults are those of GBWBN's experiment on
 * HDM05 (SPD matrices 93 x 93, 117 classes): BiMap to 30, GBWBN with θ = 0.5, one block, all n² entries of logarithms.
 *
 * It was trained with batches of 30, 200 epochs, cross entropy, and Riemannian AMSGrad at 2.5e-3. On NTU60 signals of 75 channels come
 * as covariances over their trace + 1e-6 I, with rate 1e-2 and 100 epochs. The official normalisation of this network transports
 * to the raw bias and takes the exponential at the deformed one; here it is `gbwBatchNorm`.
 *
 * @throws ArgumentError or ShapeError for sizes that do not fit
 * Source: Katsman et al. 2023; jjscc/GBWBN, GBWBN_RResNet/brooks_spd/experiments.
 */
export function rResNet(options: RResNetOptions = {}): Layer<Named, Named> {
  const { size = 30, blocks = 1, input = 'matrices', outputs = 117, vectorize = false } = options;
  const { covariance = {}, dtype = 'float64', parametrization = 'free' } = options;
  check('rResNet', 'size', size, atLeastOne);
  check('rResNet', 'blocks', blocks, wholeNumber);
  const norm = normalization(
    { ...options, norm: options.norm ?? 'generalizedBuresWasserstein', theta: options.theta ?? 0.5 },
    parametrization,
  );
  const residuals = Array.from({ length: blocks }, (_, i) => [
    `block${i + 1}`,
    spdResidual({ parametrization }),
  ]);
  return inDtype(
    dtype,
    sequential({
      ...(input === 'signals' ? { covariance: covPool(covariance) } : {}),
      bimap: biMap(size, { parametrization }),
      ...(norm === undefined ? {} : { norm }),
      ...(Object.fromEntries(residuals) as Record<string, Layer>),
      logarithm: logEig({ vectorize }),
      flatten: flatten(),
      output: dense(outputs),
    }),
  );
}
