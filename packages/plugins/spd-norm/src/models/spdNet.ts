import { atLeastOne, check } from '@core/registry/checks';
import { ShapeError, type DType, type Tree } from '@core/tensor';
import { convolution2d, dense, flatten, sequential, stateless, type Empty, type Layer } from '@core/nn';
import { biMap } from '../layers/biMap.js';
import { covPool, type CovPoolOptions } from '../layers/covPool.js';
import { gbwBatchNorm } from '../layers/gbwBatchNorm.js';
import { lieBatchNorm } from '../layers/lieBatchNorm.js';
import type { LieMetric } from '../layers/lieGroups.js';
import type { Parametrization } from '../layers/spdParameter.js';
import { logEig, reEig } from '../layers/spectral.js';

/** Which batch normalisation, and its options; what a metric has not is ignored by it. */
export interface SpdNormOptions {
  /** Default `'none'`. */
  readonly norm?: 'none' | 'generalizedBuresWasserstein' | LieMetric;
  /** θ of the power deformation. Default 1. */
  readonly theta?: number;
  /** Weight of the newest batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
  /** Steps to the batch's mean. Default 1. */
  readonly karcherSteps?: number;
  /** Learn the metric matrix of the generalised Bures-Wasserstein metric. Default true. */
  readonly learnMetric?: boolean;
  /** What the Bures-Wasserstein dispersion is measured about. Default `'mean'`. */
  readonly varianceAbout?: 'mean' | 'identity';
  /** Learn θ of the generalised Bures-Wasserstein metric, from `theta` on. Default false. */
  readonly learnTheta?: boolean;
}

export interface SpdNetOptions extends SpdNormOptions {
  /** Size after each BiMap. Default [6]. */
  readonly sizes?: readonly number[];
  /** Matrices of each example after each BiMap; a normalisation has one statistic of them all. Default 1, official. */
  readonly channels?: number;
  /** Numbers that come out; for classification the number of classes. Default 10. */
  readonly outputs?: number;
  /** Examples: signals [..., channels, times], of which covariances are made first (default), or SPD matrices. */
  readonly input?: 'signals' | 'matrices';
  /** ε of ReEig. Default 1e-5. */
  readonly reEigEpsilon?: number;
  readonly covariance?: CovPoolOptions;
  /** The linear layer sees the lower triangle of logarithms, with √2 (default), or all n² entries, as the official code does. */
  readonly vectorize?: boolean;
  /** Default `'free'`, which every optimizer moves; `'riemannian'` for `riemannianSgd`. */
  readonly parametrization?: Parametrization;
  /** Of parameters and all computation, whatever the input's. Default float64: eigenvalues of small matrices decide here. */
  readonly dtype?: DType;
}

export type Named = Record<string, Tree>;

/**
 * SPDNet: BiMap, normalisation, ReEig for each size, then LogEig and a linear layer. Parameters are called `bimap1…`,
 * `norm1…`, `output.weight`. Source: Huang and Van Gool 2017; with normalisation as in GBWBN and LieBN.
 *
 * @throws ArgumentError or ShapeError for sizes that do not fit
 */
export function spdNet(options: SpdNetOptions = {}): Layer<Named, Named> {
  const { input = 'signals', outputs = 10, covariance = {}, dtype = 'float64' } = options;
  return inDtype(
    dtype,
    sequential({
      ...(input === 'signals' ? { covariance: covPool(covariance) } : {}),
      ...onManifold(options),
      output: dense(outputs),
    }),
  );
}

export function onManifold(options: SpdNetOptions): Record<string, Layer> {
  const {
    sizes = [6],
    parametrization = 'free',
    reEigEpsilon = 1e-5,
    vectorize = true,
    channels = 1,
  } = options;
  const layers: Record<string, Layer> = {};
  sizes.forEach((size, i) => {
    layers[`bimap${i + 1}`] = biMap(size, { channels, parametrization });
    const norm = normalization(options, parametrization);
    if (norm !== undefined) layers[`norm${i + 1}`] = norm;
    layers[`rectify${i + 1}`] = reEig({ epsilon: reEigEpsilon });
  });
  return { ...layers, logarithm: logEig({ vectorize }), flatten: flatten() };
}

export function normalization(options: SpdNormOptions, parametrization: Parametrization): Layer | undefined {
  const { norm = 'none', theta = 1, momentum = 0.1, karcherSteps = 1 } = options;
  const { learnMetric = true, varianceAbout = 'mean', learnTheta = false } = options;
  const shared = { theta, momentum, karcherSteps, parametrization };
  if (norm === 'none') return undefined;
  if (norm === 'generalizedBuresWasserstein')
    return gbwBatchNorm({ ...shared, learnMetric, varianceAbout, learnTheta });
  return lieBatchNorm({ ...shared, metric: norm });
}

export interface TsmNetOptions extends Omit<SpdNetOptions, 'input'> {
  /** Maps of the convolution in time. Default 4. */
  readonly temporalFilters?: number;
  /** Its length. Default 25. */
  readonly temporalKernel?: number;
  /** Channels after the convolution over electrodes: the size of the covariances. Default 40. */
  readonly spatialFilters?: number;
}

/**
 * TSMNet-like, for signals [electrodes, times]: a convolution in time, one over all electrodes, covariances, then as `spdNet`
 * (default sizes [20]). Source: Kobler et al. 2022, whose code pads by reflection, has the normalisation after ReEig, ReEig's ε 1e-4, and
 * a normalisation for each domain. `ssvepNet` is the network of GBWBN's EEG experiment.
 */
export function tsmNet(options: TsmNetOptions = {}): Layer<Named, Named> {
  const { temporalFilters = 4, temporalKernel = 25, spatialFilters = 40, sizes = [20] } = options;
  const { outputs = 10, covariance = {}, dtype = 'float64' } = options;
  for (const [name, value] of Object.entries({ temporalFilters, temporalKernel, spatialFilters }))
    check('tsmNet', name, value, atLeastOne);
  const layer = (electrodes: number): Layer<Named, Named> =>
    sequential({
      picture: reshaped((shape) => [1, ...shape]),
      temporal: convolution2d(temporalFilters, [1, temporalKernel], { padding: 'same' }),
      spatial: convolution2d(spatialFilters, [electrodes, 1]),
      signals: reshaped(([filters = 0, , times = 0]) => [filters, times]),
      covariance: covPool(covariance),
      ...onManifold({ ...options, sizes }),
      output: dense(outputs),
    });
  return inDtype(dtype, {
    init: (key, inputShape, settings) => {
      if (inputShape.length !== 2)
        throw new ShapeError(
          `tsmNet: examples must be signals [electrodes, times], got [${inputShape.join(',')}]`,
        );
      return layer(inputShape[0]!).init(key, inputShape, settings);
    },
    apply: (params, state, x, settings) => layer(x.shape[1] ?? 1).apply(params, state, x, settings),
  });
}

export function reshaped(shape: (example: readonly number[]) => number[]): Layer<Empty, Empty> {
  return stateless((x) => x.reshape([x.shape[0]!, ...shape(x.shape.slice(1))]), shape);
}

/** The layer in a dtype of its own. */
export function inDtype<P extends Tree, S extends Tree>(dtype: DType, layer: Layer<P, S>): Layer<P, S> {
  return {
    init: (key, inputShape) => layer.init(key, inputShape, { dtype }),
    apply: (params, state, x, options) => layer.apply(params, state, x.cast(dtype), options),
  };
}
