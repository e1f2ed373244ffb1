import { checkOptions, flag } from '@core/registry/checks';
import { zerosLike, type Tree } from '@core/tensor';
import { hyper, perLeaf } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams, perLeafValues } from '../leaves.js';
import { complement, inDType, oneMinusPower, root } from '../math.js';
import type { Hyperparameter, Mask, Transform } from '../types.js';
import { projectRadial } from './projectRadial.js';

export interface ScaleByAdamPOptions {
  /** β₁, decay of the mean of gradients. In [0, 1). Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** β₂, decay of the mean of squared gradients. In [0, 1). Default 0.999. */
  readonly beta2?: Hyperparameter;
  /** ε of the denominator and of the projection. At least 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
  /** λ; it is part of this rule because the projection decides how much of it acts. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
  /** δ, threshold of the cosine, see `projectRadial`. At least 0. Default 0.1. */
  readonly delta?: Hyperparameter;
  /** Weight decay is multiplied by this where the projection acts. At least 0. Default 0.1. */
  readonly weightDecayRatio?: Hyperparameter;
  /** Nesterov's direction, β₁ m + (1 - β₁) g in place of m. Default false. */
  readonly nesterov?: boolean;
}

export type ScaleByAdamPState = HyperparameterState<
  'beta1' | 'beta2' | 'epsilon' | 'weightDecay' | 'delta' | 'weightDecayRatio'
> & {
  /** First moment. */
  readonly m: Tree;
  /** Second moment, not centred. */
  readonly v: Tree;
};

/**
 * AdamP's direction: Adam's without the part that only lengthens scale-invariant weights, plus weight decay.
 *
 *     m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²
 *     p = m / (√v / √(1 - β₂ᵗ) + ε)                    nesterov: (β₁ m + (1 - β₁) g) / (…)
 *     (p, r) = projectRadial(w, g, p)
 *     u = p / (1 - β₁ᵗ) + r λ w
 *
 * Source: Heo et al. 2021 (arXiv:2006.08217), algorithm 2, and clovaai/AdamP, whose reduced decay (r) and whose bias
 * correction after the projection, also with nesterov, are kept.
 *
 * @throws ArgumentError
 */
export function scaleByAdamP(options: ScaleByAdamPOptions = {}): Transform<ScaleByAdamPState> {
  const owner = 'scaleByAdamP';
  checkOptions(owner, options, {
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    weightDecay: hyper(ranges.weightDecay),
    weightDecayMask: perLeaf,
    delta: hyper(ranges.delta),
    weightDecayRatio: hyper(ranges.weightDecayRatio),
    nesterov: flag,
  });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, weightDecayMask = true } = options;
  const { delta = 0.1, weightDecayRatio = 0.1, nesterov = false } = options;
  const values = { beta1, beta2, epsilon, weightDecay, delta, weightDecayRatio };
  const numbers = hyperparameters(
    owner,
    values,
    weightDecay === 0 ? ['weightDecay', 'weightDecayRatio'] : [],
  );
  return {
    init: (params) => ({
      ...numbers.init(),
      m: likeParams(owner, params, zerosLike),
      v: likeParams(owner, params, zerosLike),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const t = state.count.add(1);
      const scalars = inDType({
        ...h,
        rest1: complement(h.beta1),
        rest2: complement(h.beta2),
        inverse1: oneMinusPower(h.beta1, t).reciprocal(),
        inverse2: oneMinusPower(h.beta2, t).rsqrt(),
      });
      const decays = perLeafValues(owner, 'weightDecayMask', 'boolean', weightDecayMask, params);
      const { updates, m, v } = leafwise(
        owner,
        params,
        { grads, m: state.m, v: state.v },
        ['updates', 'm', 'v'],
        ({ grads: g, m: m0, v: v0, param, index }) => {
          const s = scalars(g.dtype);
          const m1 = m0.mul(s.beta1).add(g.mul(s.rest1));
          const v1 = v0.mul(s.beta2).add(g.square().mul(s.rest2));
          const ahead = nesterov ? m1.mul(s.beta1).add(g.mul(s.rest1)) : m1;
          const direction = ahead.div(root(v1).mul(s.inverse2).add(s.epsilon));
          const { step, decayRatio } = projectRadial(param, g, direction, {
            delta: s.delta,
            weightDecayRatio: s.weightDecayRatio,
            epsilon: s.epsilon,
          });
          const corrected = step.mul(s.inverse1);
          const decay = weightDecay !== 0 && decays[index] === true;
          const u = decay ? corrected.add(param.mul(decayRatio.mul(s.weightDecay))) : corrected;
          return { updates: u, m: m1, v: v1 };
        },
      );
      return { updates, state: { ...numbers.advance(state), m, v } };
    },
  };
}
