import { atLeastOne, check, flag, nonNegative, oneOf } from '@core/registry/checks';
import { ArgumentError, eye, full, ones, stopGradient, where, type DType, type Tensor } from '@core/tensor';
import { nonZero } from '../checks.js';
import type { SpdBatchNormState } from './gbwStatistics.js';
import { initialCount, momentumRule, type Momentum } from './momentum.js';
import { identityParameter, parametrizationRule, spdOf, type Parametrization } from './spdParameter.js';

export interface GbwBatchNormOptions {
  /**
   * θ of the power deformation, not 0. Default 1 (official: 1 in SPDNet, 0.5 in RResNet). As θ → 0 the layer becomes
   * `lieBatchNorm({ metric: 'logEuclidean' })` with twice the scale, which has to be asked for by that name.
   */
  readonly theta?: number;
  /**
   * Learn θ, from `theta` on, as the parameter `theta`. Default false, as in the official code. Near 0 powers lose their digits, so
   * that |θ| below 1e-3 counts as 1e-3, where the metric is the log-Euclidean one to 1e-3; the gradient goes on, so that
   * it can come back. Weight decay pulls θ there.
   */
  readonly learnTheta?: boolean;
  /** Weight of the newest batch in the running statistics, or a schedule of it (`batchNormMomentum`). Default 0.1. */
  readonly momentum?: Momentum;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Fixed-point steps from the arithmetic mean to the Fréchet mean. Default 1, which leaves a few per cent of the way. */
  readonly karcherSteps?: number;
  /** Learn the metric matrix M; otherwise it is the identity. Default true. */
  readonly learnMetric?: boolean;
  /**
   * What the dispersion is measured about: the batch's mean (default), or the identity before centring, as the official code
   * does; then outputs do not have the learned dispersion, and scaling the input matters.
   */
  readonly varianceAbout?: 'mean' | 'identity';
  /** Mean and variance are constants for gradients, as in the official code. Default true. */
  readonly detachStatistics?: boolean;
  /** Default `'riemannian'`. */
  readonly parametrization?: Parametrization;
}

/** Bias G and metric matrix M, [n, n], as they are or free; the dispersion s, []; θ, [], where it is learned. */
export type GbwBatchNormParams = {
  spdBias?: Tensor;
  freeBias?: Tensor;
  spdMetric?: Tensor;
  freeMetric?: Tensor;
  scale: Tensor;
  theta?: Tensor;
};

/** In messages. */
export const owner = 'gbwBatchNorm';
/** Options with their defaults. */
export type Settings = Required<GbwBatchNormOptions>;
const defaults: Settings = {
  theta: 1,
  learnTheta: false,
  momentum: 0.1,
  epsilon: 1e-5,
  karcherSteps: 1,
  learnMetric: true,
  varianceAbout: 'mean',
  detachStatistics: true,
  parametrization: 'riemannian',
};

/** @throws ArgumentError */
export function settingsOf(options: GbwBatchNormOptions): Settings {
  const settings = { ...defaults, ...options };
  check(owner, 'theta', settings.theta, nonZero);
  check(owner, 'learnTheta', settings.learnTheta, flag);
  check(owner, 'momentum', settings.momentum, momentumRule);
  check(owner, 'epsilon', settings.epsilon, nonNegative);
  check(owner, 'karcherSteps', settings.karcherSteps, atLeastOne);
  check(owner, 'varianceAbout', settings.varianceAbout, oneOf('mean', 'identity'));
  check(owner, 'parametrization', settings.parametrization, parametrizationRule);
  return settings;
}

export function initial(
  n: number,
  { learnMetric, parametrization, theta, learnTheta, momentum }: Settings,
  dtype: DType,
): { params: GbwBatchNormParams; state: SpdBatchNormState } {
  return {
    params: {
      ...identityParameter('Bias', n, parametrization, dtype),
      ...(learnMetric ? identityParameter('Metric', n, parametrization, dtype) : {}),
      scale: ones([], { dtype }),
      ...(learnTheta ? { theta: full([], theta, { dtype }) } : {}),
    },
    state: { mean: eye(n, n, { dtype }), variance: ones([], { dtype }), ...initialCount(momentum) },
  };
}

/** What the parameters stand for. */
export interface Point {
  readonly bias: Tensor;
  readonly metric: Tensor | undefined;
  readonly scale: Tensor;
  readonly theta: number | Tensor;
}

/** Smallest size of a learned θ. */
const leastTheta = 1e-3;

/** θ away from 0, with the gradient of θ itself. */
function awayFromZero(theta: Tensor): Tensor {
  const least = where(theta.less(0), -1, 1).cast(theta.dtype).mul(leastTheta);
  return theta.add(stopGradient(where(theta.abs().less(leastTheta), least, theta).sub(theta)));
}

export function pointOf({ theta }: Settings, params: GbwBatchNormParams): Point {
  const bias = spdOf(params, 'Bias');
  if (bias === undefined)
    throw new ArgumentError(`${owner}: got no bias; give it the parameters that init returned`);
  return {
    bias,
    metric: spdOf(params, 'Metric'),
    scale: params.scale,
    theta: params.theta === undefined ? theta : awayFromZero(params.theta),
  };
}
