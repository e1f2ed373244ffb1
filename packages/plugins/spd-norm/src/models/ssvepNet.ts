import { atLeastOne, check, wholeNumber } from '@core/registry/checks';
import { ShapeError } from '@core/tensor';
import { batchNormalization, convolution2d, dense, sequential, type Layer } from '@core/nn';
import { covPool } from '../layers/covPool.js';
import { inDtype, onManifold, reshaped, type Named, type SpdNetOptions } from './spdNet.js';

export interface SsvepNetOptions extends Omit<SpdNetOptions, 'input'> {
  /** Maps of the convolution over electrodes. Default 125. */
  readonly spatialFilters?: number;
  /** Maps of the convolution in time: the size of the covariances. Default 15. */
  readonly temporalFilters?: number;
  /** Its length. Default 36. */
  readonly temporalKernel?: number;
  /** Zeros at either end of the time axis. Default 18. */
  readonly temporalPadding?: number;
}

/** What the official experiment has. */
const official = {
  sizes: [12],
  outputs: 5,
  norm: 'generalizedBuresWasserstein',
  vectorize: false,
} as const satisfies SpdNetOptions;

/**
 * The network of GBWBN's EEG experiment (MAMEM-SSVEP-II, 8 electrodes, 125 times, 5 frequencies), for signals [electrodes, times]: a
 * convolution over all electrodes, one in time, each with batch normalisation; covariances + 1e-5 I; then as `spdNet`: BiMap 15 to 12,
 * GBWBN (θ = 1, learned M, one step to the mean, momentum 0.1), ReEig at 1e-5, LogEig, linear. All options of these can be changed.
 *
 * It was trained with batches of 30, 200 epochs, cross entropy, and `riemannianSgd` with rate 2.5e-3, momentum 0.9 and weight decay
 * 5e-2 of plain leaves (so `parametrization: 'riemannian'`); 300, 100 and 100 of each subject's 500 trials, in order, to train, validate
 * and test. The official code swaps the last two, computes convolutions in float32 (here all is float64), draws BiMap from the
 * left singular vectors of V Vᵀ with V uniform in [0, 1] (here uniformly on the manifold) and never moves it.
 *
 * @throws ArgumentError or ShapeError for sizes that do not fit
 * Source: jjscc/GBWBN, GBWBN_SPDNet/experiments/mamem.py.
 */
export function ssvepNet(options: SsvepNetOptions = {}): Layer<Named, Named> {
  const owner = 'ssvepNet';
  const settings = { ...official, ...options };
  const { spatialFilters = 125, temporalFilters = 15, temporalKernel = 36, temporalPadding = 18 } = options;
  const { covariance = {}, dtype = 'float64' } = options;
  for (const [name, value] of Object.entries({ spatialFilters, temporalFilters, temporalKernel }))
    check(owner, name, value, atLeastOne);
  check(owner, 'temporalPadding', temporalPadding, wholeNumber);
  const layer = (electrodes: number): Layer<Named, Named> =>
    sequential({
      picture: reshaped((shape) => [1, ...shape]),
      spatial: convolution2d(spatialFilters, [electrodes, 1]),
      spatialNorm: batchNormalization(),
      temporal: convolution2d(temporalFilters, [1, temporalKernel], {
        padding: [
          [0, 0],
          [temporalPadding, temporalPadding],
        ],
      }),
      temporalNorm: batchNormalization(),
      signals: reshaped(([filters = 0, , times = 0]) => [filters, times]),
      covariance: covPool(covariance),
      ...onManifold(settings),
      output: dense(settings.outputs),
    });
  return inDtype(dtype, {
    init: (key, inputShape, how) => {
      if (inputShape.length !== 2)
        throw new ShapeError(
          `${owner}: examples must be signals [electrodes, times], got [${inputShape.join(',')}]`,
        );
      return layer(inputShape[0]!).init(key, inputShape, how);
    },
    apply: (params, state, x, how) => layer(x.shape[1] ?? 1).apply(params, state, x, how),
  });
}
