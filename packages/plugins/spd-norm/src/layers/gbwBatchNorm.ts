import { atLeastOne, check, fraction, nonNegative, type Rule } from '@core/registry/checks';
import { ArgumentError, eye, linalg, ones, stopGradient, type DType, type Tensor } from '@core/tensor';
import type { Layer } from '@core/nn';
import { nonZero } from '../checks.js';
import { factorOf, polarFactor } from '../matrices/factors.js';
import { rawPower, rawRoots } from '../matrices/functions.js';
import { overSumRoot, timesSumRoot } from '../matrices/sumRoots.js';
import { congruence, identityLike, symmetrize, transposed } from '../matrices/support.js';
import { batchMean, dispersion, track, type SpdBatchNormState } from './gbwStatistics.js';
import { spdExample } from './shapes.js';
import { identityParameter, parametrizationRule, spdOf, type Parametrization } from './spdParameter.js';

export interface GbwBatchNormOptions {
  /** θ of the power deformation, not 0. Default 1 (official: 1 in SPDNet, 0.5 in RResNet). */
  readonly theta?: number;
  /** Weight of the newest batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
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

/** Bias G and metric matrix M, [n, n], as they are or free; the dispersion s, []. */
export type GbwBatchNormParams = {
  spdBias?: Tensor;
  freeBias?: Tensor;
  spdMetric?: Tensor;
  freeMetric?: Tensor;
  scale: Tensor;
};

const aboutRule: Rule = {
  words: "'mean' or 'identity'",
  holds: (value) => value === 'mean' || value === 'identity',
};

/**
 * Batch normalisation of SPD matrices in the generalised Bures-Wasserstein geometry: the batch is centred at its Fréchet
 * mean, its dispersion scaled to s², and moved to the bias G. Examples [n, n] or [channels, n, n]; the statistics are of all
 * matrices of the batch together.
 *
 * With Z = M^-½ X^θ M^-½, batch mean B = F Fᵀ and optimal maps T from B to each Z, bias Γ = M^-½ G^θ M^-½, r the map that
 * multiplies entries by √(2 (gᵢ + gⱼ)) in a matrix' own basis:
 *
 *     V = r_B (T - I)                 logarithm at B, transported to I
 *     L = r_Γ⁻¹ (s / √(v + ε) V)      scaled, transported to Γ, divided by gᵢ + gⱼ
 *     Y = (I + L) Γ (I + L)           exponential;   X' = (M^½ Y M^½)^(1/θ)
 *
 * While I + L is positive definite the outputs have mean G and variance s² v / (v + ε), and scaling the input changes nothing
 * (ε = 0). The bias starts at I; the official 1e-7 on its diagonal only protects gradients that this package's do not need.
 *
 * @throws LinalgError for matrices that are not positive definite, with index and smallest eigenvalue
 * Source: Wang, Jin, Chen, Luo and Wu, Learning to Normalize on the SPD Manifold under Bures-Wasserstein Geometry, 2025; code
 *   jjscc/GBWBN, whose defaults these are but for the bias's start and `varianceAbout`.
 */
export function gbwBatchNorm(
  options: GbwBatchNormOptions = {},
): Layer<GbwBatchNormParams, SpdBatchNormState> {
  const settings = settingsOf(options);
  return {
    init(_key, inputShape, { dtype = 'float32' } = {}) {
      const { n } = spdExample(owner, inputShape);
      return { ...initial(n, settings, dtype), outputShape: inputShape };
    },
    apply: (params, state, x, { train = false } = {}) =>
      normalize(settings, pointOf(params), state, x, train),
  };
}

/**
 * How far `gbwBatchNorm` with the same options stays from the boundary: the smallest eigenvalue of I + L over the batch, []. At 0
 * and below the exponential folds (a large s, matrices far from the mean), and outputs have the learned mean and dispersion no
 * longer.
 */
export function gbwBatchNormMargin(
  options: GbwBatchNormOptions,
  params: GbwBatchNormParams,
  state: SpdBatchNormState,
  x: Tensor,
  { train = false }: { readonly train?: boolean } = {},
): Tensor {
  return linalg.eigvalsh(stretched(settingsOf(options), pointOf(params), state, x, train).stretch).min();
}

const owner = 'gbwBatchNorm';
type Settings = Required<GbwBatchNormOptions>;
const defaults: Settings = {
  theta: 1,
  momentum: 0.1,
  epsilon: 1e-5,
  karcherSteps: 1,
  learnMetric: true,
  varianceAbout: 'mean',
  detachStatistics: true,
  parametrization: 'riemannian',
};

function settingsOf(options: GbwBatchNormOptions): Settings {
  const settings = { ...defaults, ...options };
  check(owner, 'theta', settings.theta, nonZero);
  check(owner, 'momentum', settings.momentum, fraction);
  check(owner, 'epsilon', settings.epsilon, nonNegative);
  check(owner, 'karcherSteps', settings.karcherSteps, atLeastOne);
  check(owner, 'varianceAbout', settings.varianceAbout, aboutRule);
  check(owner, 'parametrization', settings.parametrization, parametrizationRule);
  return settings;
}

function initial(
  n: number,
  { learnMetric, parametrization }: Settings,
  dtype: DType,
): { params: GbwBatchNormParams; state: SpdBatchNormState } {
  return {
    params: {
      ...identityParameter('Bias', n, parametrization, dtype),
      ...(learnMetric ? identityParameter('Metric', n, parametrization, dtype) : {}),
      scale: ones([], { dtype }),
    },
    state: { mean: eye(n, n, { dtype }), variance: ones([], { dtype }) },
  };
}

interface Point {
  readonly bias: Tensor;
  readonly metric: Tensor | undefined;
  readonly scale: Tensor;
}

function pointOf(params: GbwBatchNormParams): Point {
  const bias = spdOf(params, 'Bias');
  if (bias === undefined)
    throw new ArgumentError(`${owner}: got no bias; give it the parameters that init returned`);
  return { bias, metric: spdOf(params, 'Metric'), scale: params.scale };
}

/** I + L of every matrix [N, n, n], and what the rest is made of. */
interface Stretched {
  readonly stretch: Tensor;
  /** Γ. */
  readonly target: Tensor;
  readonly root: Tensor | undefined;
  readonly mean: Tensor;
  readonly variance: Tensor;
}

function stretched(
  settings: Settings,
  { bias, metric, scale }: Point,
  state: SpdBatchNormState,
  x: Tensor,
  train: boolean,
): Stretched {
  const { theta, epsilon, detachStatistics } = settings;
  const stack = symmetrize(x).reshape([-1, ...bias.shape]);
  const roots = metric === undefined ? undefined : rawRoots(metric);
  const into = (p: Tensor): Tensor => {
    const power = rawPower(p, theta);
    return roots === undefined ? power : congruence(roots.inverseRoot, power);
  };
  const [z, target] = [into(stack), into(bias)];
  const factors = factorOf(owner, 'x', z);
  const fixed = detachStatistics ? stopGradient : (t: Tensor): Tensor => t;

  const mean = train ? batchMean(fixed(z), fixed(factors), settings.karcherSteps) : state.mean;
  const f = linalg.cholesky(mean);
  const near = factors.matmul(polarFactor(f.matmul(factors, { transposeA: true })), { transposeB: true });
  const gap = near.sub(f);
  const variance = train ? fixed(dispersion(z, gap, settings.varianceAbout).div(theta ** 2)) : state.variance;

  // (K Oᵀ - F) F⁻¹ = T - I, a solution with F on the right.
  const map = transposed(linalg.triangularSolve(f, transposed(gap), { transpose: true }));
  const scaled = timesSumRoot(mean, symmetrize(map)).mul(scale.div(variance.add(epsilon).sqrt()));
  const stretch = overSumRoot(target, scaled).add(identityLike(target));
  return { stretch, target, root: roots?.root, mean, variance };
}

function normalize(
  settings: Settings,
  point: Point,
  state: SpdBatchNormState,
  x: Tensor,
  train: boolean,
): { output: Tensor; state: SpdBatchNormState } {
  const { stretch, target, root, mean, variance } = stretched(settings, point, state, x, train);
  const y = congruence(stretch, target);
  const back = root === undefined ? y : congruence(root, y);
  const output = rawPower(back, 1 / settings.theta).reshape(x.shape);
  if (!train) return { output, state };
  return { output, state: track(settings.momentum, state, stopGradient(mean), stopGradient(variance)) };
}
