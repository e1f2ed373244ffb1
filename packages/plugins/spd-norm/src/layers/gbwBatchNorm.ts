import { linalg, stopGradient, type Tensor } from '@core/tensor';
import type { Layer } from '@core/nn';
import { factorOf, polarFactor } from '../matrices/factors.js';
import { rawRoots } from '../matrices/functions.js';
import { overSumRoot, timesSumRoot } from '../matrices/sumRoots.js';
import { congruence, identityLike, symmetrize, transposed } from '../matrices/support.js';
import { tracedPower } from '../matrices/tracedPower.js';
import { initial, owner, pointOf, settingsOf, type Point, type Settings } from './gbwParameters.js';
import type { GbwBatchNormOptions, GbwBatchNormParams } from './gbwParameters.js';
import { batchMean, dispersion, track, type SpdBatchNormState } from './gbwStatistics.js';
import { spdExample } from './shapes.js';

export type { GbwBatchNormOptions, GbwBatchNormParams } from './gbwParameters.js';

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
 * Where the official code is not followed: its derivatives of functions of matrices are 0 between equal eigenvalues; it passes
 * through exp_I and log_I between the steps, which is the same while I + V/2 is positive; its running variance is a trainable
 * parameter of length n whose entries are equal; its RResNet variant transports to the raw weight and takes the exponential at the
 * deformed one, which is no geometry unless θ = 1 and M = I.
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
      normalize(settings, pointOf(settings, params), state, x, train),
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
  const settings = settingsOf(options);
  return linalg.eigvalsh(stretched(settings, pointOf(settings, params), state, x, train).stretch).min();
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
  { bias, metric, scale, theta }: Point,
  state: SpdBatchNormState,
  x: Tensor,
  train: boolean,
): Stretched {
  const { epsilon, detachStatistics } = settings;
  const stack = symmetrize(x).reshape([-1, ...bias.shape]);
  const roots = metric === undefined ? undefined : rawRoots(metric);
  const into = (p: Tensor): Tensor => {
    const power = tracedPower(p, theta);
    return roots === undefined ? power : congruence(roots.inverseRoot, power);
  };
  const [z, target] = [into(stack), into(bias)];
  const factors = factorOf(owner, 'x', z);
  const fixed = detachStatistics ? stopGradient : (t: Tensor): Tensor => t;

  const mean = train ? batchMean(fixed(z), fixed(factors), settings.karcherSteps) : state.mean;
  const f = linalg.cholesky(mean);
  const near = factors.matmul(polarFactor(f.matmul(factors, { transposeA: true })), { transposeB: true });
  const gap = near.sub(f);
  const variance = train
    ? fixed(
        dispersion(z, gap, settings.varianceAbout).div(
          typeof theta === 'number' ? theta ** 2 : theta.square(),
        ),
      )
    : state.variance;

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
  const { theta } = point;
  const inverse = typeof theta === 'number' ? 1 / theta : theta.reciprocal();
  const output = tracedPower(back, inverse).reshape(x.shape);
  if (!train) return { output, state };
  return { output, state: track(settings.momentum, state, stopGradient(mean), stopGradient(variance)) };
}
