import { atLeastOne, check, nonNegative, type Rule } from '@core/registry/checks';
import { ArgumentError, linalg, ones, stopGradient, type Tensor } from '@core/tensor';
import type { Layer } from '@core/nn';
import { nonZero, requirePositive } from '../checks.js';
import { constant, symmetrize } from '../matrices/support.js';
import type { SpdBatchNormState } from './gbwStatistics.js';
import { initialCount, momentumRule, nextWeight, type Momentum } from './momentum.js';
import { lieGroups, type LieGroup, type LieMetric } from './lieGroups.js';
import { spdExample } from './shapes.js';
import { identityParameter, parametrizationRule, spdOf, type Parametrization } from './spdParameter.js';

export interface LieBatchNormOptions {
  readonly metric: LieMetric;
  /** θ of the power deformation, not 0; without effect in the log-Euclidean metric. Default 1. */
  readonly theta?: number;
  /** Weight of the newest batch in the running statistics, or a schedule of it. Default 0.1. */
  readonly momentum?: Momentum;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Steps to the affine-invariant mean. Default 1. */
  readonly karcherSteps?: number;
  /** Mean and variance are constants for gradients. Default true, as in `gbwBatchNorm`. */
  readonly detachStatistics?: boolean;
  /** Default `'riemannian'`. */
  readonly parametrization?: Parametrization;
}

export type LieBatchNormParams = { spdBias?: Tensor; freeBias?: Tensor; scale: Tensor };

const owner = 'lieBatchNorm';
const metricRule: Rule = {
  words: Object.keys(lieGroups).map((name) => `'${name}'`).join(' or '), // prettier-ignore
  holds: (value) => typeof value === 'string' && Object.hasOwn(lieGroups, value),
};

/**
 * Batch normalisation of SPD matrices in a Lie group: the inverse of the batch's mean is multiplied to every matrix, geodesics from
 * the identity are scaled by s / √(v + ε), and the bias is multiplied. v is the mean squared distance from the identity after
 * centring. Examples [n, n] or [channels, n, n]; the statistics are of all matrices of the batch together. State: the mean in the
 * group's coordinates (logarithms; Cholesky factors with logarithms on the diagonal; x^θ), and the variance.
 *
 * Where the official code is not followed: its running mean starts at the matrix I also in coordinates of logarithms, where that is not
 * the group's identity (here it is 0); weights α and β of the variance's norm are 1 and 0, its defaults; its newer copy has statistics
 * for each channel, the one of the paper's experiments one of all, as here.
 *
 * @throws LinalgError for matrices that are not positive definite, with index and smallest eigenvalue
 * Source: LieBN, Chen, Song, Liu, Kobler, Xu and Sebe 2024; code GitZH-Chen/LieBN.
 */
export function lieBatchNorm(options: LieBatchNormOptions): Layer<LieBatchNormParams, SpdBatchNormState> {
  const { metric, theta = 1, momentum = 0.1, epsilon = 1e-5, karcherSteps = 1 } = options;
  const { detachStatistics = true, parametrization = 'riemannian' } = options;
  check(owner, 'metric', metric, metricRule);
  check(owner, 'theta', theta, nonZero);
  check(owner, 'momentum', momentum, momentumRule);
  check(owner, 'epsilon', epsilon, nonNegative);
  check(owner, 'karcherSteps', karcherSteps, atLeastOne);
  check(owner, 'parametrization', parametrization, parametrizationRule);
  const group: LieGroup = lieGroups[metric](theta);
  const fixed = detachStatistics ? stopGradient : (t: Tensor): Tensor => t;
  return {
    init(_key, inputShape, { dtype = 'float32' } = {}) {
      const { n } = spdExample(owner, inputShape);
      const params = { ...identityParameter('Bias', n, parametrization, dtype), scale: ones([], { dtype }) };
      const state = {
        mean: group.identity(n, dtype),
        variance: ones([], { dtype }),
        ...initialCount(momentum),
      };
      return { params, state, outputShape: inputShape };
    },
    apply(params, state, x, { train = false } = {}) {
      const bias = spdOf(params, 'Bias');
      if (bias === undefined)
        throw new ArgumentError(`${owner}: got no bias; give it the parameters that init returned`);
      const stack = symmetrize(x).reshape([-1, ...bias.shape]);
      requirePositive(owner, 'x', linalg.eigvalsh(constant(stack)));
      const y = group.into(stack);
      const mean = train ? group.mean(fixed(y), karcherSteps) : state.mean;
      const centred = group.center(y, mean);
      const variance = train ? fixed(group.squaredNorm(fixed(centred)).mean()) : state.variance;
      const scaled = group.scale(centred, params.scale.div(variance.add(epsilon).sqrt()));
      const output = group.out(group.shift(scaled, group.into(bias))).reshape(x.shape);
      if (!train) return { output, state };
      const { weight, counted } = nextWeight(momentum, state, mean);
      const tracked = {
        mean: group.between(state.mean, stopGradient(mean), weight),
        variance: state.variance.add(stopGradient(variance).sub(state.variance).mul(weight)),
        ...counted,
      };
      return { output, state: tracked };
    },
  };
}
