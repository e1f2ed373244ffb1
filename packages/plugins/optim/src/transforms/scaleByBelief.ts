import { checkOptions, flag } from '@core/registry/checks';
import { where, zerosLike, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType, oneMinusPower, root } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';
import { rectified } from './rectified.js';

export interface ScaleByBeliefOptions {
  /** β₁, decay of the mean of gradients. In [0, 1). Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** β₂, decay of the mean of squared surprises. In [0, 1). Default 0.999. */
  readonly beta2?: Hyperparameter;
  /**
   * ε, added to s at every update, where it accumulates up to ε / (1 - β₂), and once more outside the root. Choose the
   * square of what you would give Adam: 1e-16 for transformers, 1e-8 for convolutional networks. At least 0.
   * Default 1e-16.
   */
  readonly epsilon?: Hyperparameter;
  /** Divide by the largest s so far; without effect on rectified steps, as in the official code. Default false. */
  readonly amsgrad?: boolean;
  /** RAdam's rectification of the first steps. Default true. */
  readonly rectify?: boolean;
  /** With rectify, what to do while the variance is not tractable: m̂ as step (true) or none (false). Default true. */
  readonly degeneratedToSgd?: boolean;
}

export type ScaleByBeliefState = HyperparameterState<'beta1' | 'beta2' | 'epsilon'> & {
  /** First moment. */
  readonly m: Tree;
  /** Second moment of the gradient's deviation from m. */
  readonly s: Tree;
  /** With amsgrad: the elementwise maximum of all s. */
  readonly sMax?: Tree;
};

/**
 * AdaBelief's direction.
 *
 *     m ← β₁ m + (1 - β₁) g
 *     s ← β₂ s + (1 - β₂) (g - m)² + ε              with the new m
 *     u = m / (1 - β₁ᵗ) / (√s / √(1 - β₂ᵗ) + ε)     amsgrad: ŝ ← max(ŝ, s) takes s' place under the root
 *
 * With rectify, N∞ = 2 / (1 - β₂) - 1 and N = N∞ - 2 t β₂ᵗ / (1 - β₂ᵗ):
 *
 *     N >= 5:  u = r m / (√s + ε),   r = √((1 - β₂ᵗ) (N - 4)/(N∞ - 4) (N - 2)/N · N∞/(N∞ - 2)) / (1 - β₁ᵗ)
 *     N < 5:   u = m / (1 - β₁ᵗ), or 0 without degeneratedToSgd
 *
 * Source: Zhuang et al. 2020 (arXiv:2010.07468), algorithm 2; package adabelief_pytorch 0.2.1, whose defaults and whose
 * N >= 5 (0.0.5 had N > 4) these are. Rectification: Liu et al. 2020 (arXiv:1908.03265).
 *
 * @throws ArgumentError
 */
export function scaleByBelief(options: ScaleByBeliefOptions = {}): Transform<ScaleByBeliefState> {
  const owner = 'scaleByBelief';
  checkOptions(owner, options, {
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    amsgrad: flag,
    rectify: flag,
    degeneratedToSgd: flag,
  });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-16 } = options;
  const { amsgrad = false, rectify = true, degeneratedToSgd = true } = options;
  const numbers = hyperparameters(owner, { beta1, beta2, epsilon });
  return {
    init: (params) => ({
      ...numbers.init(),
      m: likeParams(owner, params, zerosLike),
      s: likeParams(owner, params, zerosLike),
      ...(amsgrad ? { sMax: likeParams(owner, params, zerosLike) } : {}),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const t = state.count.add(1);
      const correction2 = oneMinusPower(h.beta2, t);
      const inverse1 = oneMinusPower(h.beta1, t).reciprocal();
      const { adaptive, rectification } = rectified(h.beta2, correction2, t);
      const scalars = inDType({
        ...h,
        rest1: complement(h.beta1),
        rest2: complement(h.beta2),
        inverse1,
        inverse2: correction2.rsqrt(),
        rectification: rectification.mul(inverse1),
        plain: degeneratedToSgd ? inverse1 : inverse1.mul(0),
      });
      const { updates, m, s, sMax } = leafwise(
        owner,
        params,
        { grads, m: state.m, s: state.s, sMax: amsgrad ? state.sMax : state.s },
        ['updates', 'm', 's', 'sMax'],
        ({ grads: g, m: m0, s: s0, sMax: largest }) => {
          const c = scalars(g.dtype);
          const m1 = m0.mul(c.beta1).add(g.mul(c.rest1));
          const s1 = s0.mul(c.beta2).add(g.sub(m1).square().mul(c.rest2)).add(c.epsilon);
          const top = amsgrad ? largest.maximum(s1) : s1;
          const factor = rectify
            ? where(adaptive, c.rectification.div(root(s1).add(c.epsilon)), c.plain)
            : c.inverse1.div(root(top).mul(c.inverse2).add(c.epsilon));
          return { updates: m1.mul(factor), m: m1, s: s1, sMax: top };
        },
      );
      return { updates, state: { ...numbers.advance(state), m, s, ...(amsgrad ? { sMax } : {}) } };
    },
  };
}
