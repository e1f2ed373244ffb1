import { checkOptions, flag } from '@core/registry/checks';
import { where, zerosLike, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType, oneMinusPower, root } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';
import { rectified } from './rectified.js';

export interface ScaleByRadamOptions {
  /** β₁, decay of the mean of gradients. In [0, 1). Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** β₂, decay of the mean of squared gradients. In [0, 1); up to 0.6 no step is ever adaptive. Default 0.999. */
  readonly beta2?: Hyperparameter;
  /** ε, added to √v before its bias correction. At least 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
  /**
   * What to do while the variance is not tractable: m̂ as step (true, the paper's and torch's) or none (false, the default of
   * the authors' code). Default true.
   */
  readonly degeneratedToSgd?: boolean;
}

export type ScaleByRadamState = HyperparameterState<'beta1' | 'beta2' | 'epsilon'> & {
  /** First moment. */
  readonly m: Tree;
  /** Second moment, not centred. */
  readonly v: Tree;
};

/**
 * RAdam's direction: Adam whose first steps are not adaptive, and whose later ones are rectified for the variance of v.
 *
 *     m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²
 *     N >= 5:  u = r m / (1 - β₁ᵗ) / (√v + ε),   r = √((1 - β₂ᵗ) (N - 4)/(N∞ - 4) (N - 2)/N · N∞/(N∞ - 2))
 *     N < 5:   u = m / (1 - β₁ᵗ), or 0 without degeneratedToSgd
 *
 * with N∞ = 2 / (1 - β₂) - 1 and N = N∞ - 2 t β₂ᵗ / (1 - β₂ᵗ).
 *
 * Source: Liu et al. 2020 (arXiv:1908.03265), algorithm 2; LiyuanLucasLiu/RAdam for N >= 5, torch.optim.RAdam for the defaults.
 *
 * @throws ArgumentError
 */
export function scaleByRadam(options: ScaleByRadamOptions = {}): Transform<ScaleByRadamState> {
  const owner = 'scaleByRadam';
  checkOptions(owner, options, {
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    degeneratedToSgd: flag,
  });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, degeneratedToSgd = true } = options;
  const numbers = hyperparameters(owner, { beta1, beta2, epsilon });
  return {
    init: (params) => ({
      ...numbers.init(),
      m: likeParams(owner, params, zerosLike),
      v: likeParams(owner, params, zerosLike),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const t = state.count.add(1);
      const inverse1 = oneMinusPower(h.beta1, t).reciprocal();
      const { adaptive, rectification } = rectified(h.beta2, oneMinusPower(h.beta2, t), t);
      const scalars = inDType({
        ...h,
        rest1: complement(h.beta1),
        rest2: complement(h.beta2),
        rectification: rectification.mul(inverse1),
        plain: degeneratedToSgd ? inverse1 : inverse1.mul(0),
      });
      const { updates, m, v } = leafwise(
        owner,
        params,
        { grads, m: state.m, v: state.v },
        ['updates', 'm', 'v'],
        ({ grads: g, m: m0, v: v0 }) => {
          const s = scalars(g.dtype);
          const m1 = m0.mul(s.beta1).add(g.mul(s.rest1));
          const v1 = v0.mul(s.beta2).add(g.square().mul(s.rest2));
          const factor = where(adaptive, s.rectification.div(root(v1).add(s.epsilon)), s.plain);
          return { updates: m1.mul(factor), m: m1, v: v1 };
        },
      );
      return { updates, state: { ...numbers.advance(state), m, v } };
    },
  };
}
