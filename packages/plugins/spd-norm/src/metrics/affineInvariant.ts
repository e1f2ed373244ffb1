import { check, finite, positive } from '@core/registry/checks';
import { ArgumentError, linalg, type Tensor } from '@core/tensor';
import { factorOf, logGram, whiten } from '../matrices/factors.js';
import { rawExp } from '../matrices/functions.js';
import { congruence, innerProduct, sizeOf, symmetrize, trace } from '../matrices/support.js';
import type { MeanOptions, SpdMetric } from './metric.js';
import { checkMean, fixedPoint, metricFrom, weightedMean } from './metricFrom.js';

export interface AffineInvariantOptions {
  /** α, factor of tr(P⁻¹U P⁻¹V). Above 0. Default 1. */
  readonly alpha?: number;
  /** β, factor of tr(P⁻¹U) tr(P⁻¹V). α + nβ must be above 0. Default 0. */
  readonly beta?: number;
  /**
   * Length of the mean's steps along the average logarithm. 1 is the usual one, which can swing around the mean of points far
   * apart; `'safe'` is 2 / (1 + mean hᵢ), hᵢ = (cᵢ + 1) log cᵢ / (2 (cᵢ - 1)) with cᵢ the condition of xᵢ seen from the mean,
   * which always converges (Bini and Iannazzo 2013). Default `'safe'`.
   */
  readonly meanStep?: number | 'safe';
}

/**
 * The affine-invariant metric, <U, V>_P = α tr(P⁻¹U P⁻¹V) + β tr(P⁻¹U) tr(P⁻¹V): congruences P → A P Aᵀ and the inverse are
 * isometries. exp_P(V) = F exp(F⁻¹ V F⁻ᵀ) Fᵀ with any factor P = F Fᵀ; distances are 2|log σ(F⁻¹K)| with Q = K Kᵀ, which
 * keeps digits that the product F⁻¹ Q F⁻ᵀ loses.
 *
 * Source: Pennec, Fillard and Ayache 2006; the two-parameter family is Thanwerdas and Pennec's, 2019.
 */
export function affineInvariant({
  alpha = 1,
  beta = 0,
  meanStep = 'safe',
}: AffineInvariantOptions = {}): SpdMetric {
  const name = 'affineInvariant';
  check(name, 'alpha', alpha, positive);
  check(name, 'beta', beta, finite);
  if (meanStep !== 'safe') check(name, 'meanStep', meanStep, positive);

  const factor = (op: string, argument: string, x: Tensor): Tensor => {
    const f = factorOf(`${name}.${op}`, argument, x);
    if (alpha + sizeOf(x) * beta > 0) return f;
    throw new ArgumentError(`${name}: alpha + n beta must be above 0, got ${alpha} + ${sizeOf(x)} · ${beta}`);
  };
  const product = (a: Tensor, b: Tensor): Tensor => {
    const plain = innerProduct(a, b).mul(alpha);
    return beta === 0 ? plain : plain.add(trace(a).mul(trace(b)).mul(beta));
  };
  /** P's factor F and log(F⁻¹ Q F⁻ᵀ). */
  const relative = (op: string, p: Tensor, q: Tensor): { f: Tensor; log: Tensor } => {
    const f = factor(op, 'p', p);
    return { f, log: logGram(linalg.triangularSolve(f, factor(op, 'q', q))).value };
  };
  return metricFrom({
    name,
    squaredDistance: (p, q) => {
      const { log } = relative('distance', p, q);
      return product(log, log);
    },
    inner: (p, u, v) => {
      const f = factor('inner', 'p', p);
      return product(whiten(f, u), whiten(f, v));
    },
    exp: (p, v) => {
      const f = factor('exp', 'p', p);
      return congruence(f, rawExp(whiten(f, v)));
    },
    log: (p, q) => {
      const { f, log } = relative('log', p, q);
      return congruence(f, log);
    },
    geodesic: (p, q, t) => {
      const { f, log } = relative('geodesic', p, q);
      return congruence(f, rawExp(log.mul(t)));
    },
    // E V Eᵀ with E = (Q P⁻¹)^½ = F (F⁻¹ Q F⁻ᵀ)^½ F⁻¹.
    transport: (p, q, v) => {
      const { f, log } = relative('transport', p, q);
      return congruence(f.matmul(rawExp(log.mul(0.5))), whiten(f, v));
    },
    riemannianGradient: (p, g) => {
      const scaled = congruence(p, symmetrize(g));
      if (beta === 0) return scaled.div(alpha);
      const share = innerProduct(g, p).mul(beta / (alpha + sizeOf(p) * beta));
      return scaled.sub(p.mul(share.expandDims(-1).expandDims(-1))).div(alpha);
    },
    mean: (x, options = {}) => {
      checkMean(`${name}.mean`, x, options);
      return iterate(x, factor('mean', 'x', x), options, meanStep);
    },
  });
}

function iterate(x: Tensor, factors: Tensor, options: MeanOptions, meanStep: number | 'safe'): Tensor {
  const { weights } = options;
  const step = (g: Tensor): Tensor => {
    const f = linalg.cholesky(g);
    const { value, condition } = logGram(linalg.triangularSolve(f.expandDims(-3), factors));
    const average = weightedMean(value, weights);
    const length = meanStep === 'safe' ? safeLength(condition, weights) : meanStep;
    return congruence(f, rawExp(average.mul(length)));
  };
  return fixedPoint(symmetrize(weightedMean(x, weights)), step, options);
}

/** 2 / (1 + mean h), h = (c + 1) log c / (2 (c - 1)), 1 at c = 1; [..., 1, 1] of conditions [..., N]. */
function safeLength(condition: Tensor, weights: Tensor | undefined): Tensor {
  const c = condition.maximum(1 + 1e-6).stopGradient();
  const h = c.add(1).mul(c.log()).div(c.sub(1).mul(2));
  const mean = weightedMean(h.expandDims(-1).expandDims(-1), weights);
  return mean.add(1).reciprocal().mul(2);
}
