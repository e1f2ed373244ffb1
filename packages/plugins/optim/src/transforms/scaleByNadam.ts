import { checkOptions } from '@core/registry/checks';
import { full, zerosLike, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType, oneMinusPower, root, scalarDType } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface ScaleByNadamOptions {
  /** β₁, decay of the mean of gradients, and the limit of the momentum μ. In [0, 1). Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** β₂, decay of the mean of squared gradients. In [0, 1). Default 0.999. */
  readonly beta2?: Hyperparameter;
  /** ε, added to the root after its bias correction. At least 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
  /** ψ, how fast μ rises from about β₁ / 2 to β₁. At least 0. Default 4e-3. */
  readonly momentumDecay?: Hyperparameter;
}

export type ScaleByNadamState = HyperparameterState<'beta1' | 'beta2' | 'epsilon' | 'momentumDecay'> & {
  /** First moment. */
  readonly m: Tree;
  /** Second moment, not centred. */
  readonly v: Tree;
  /** μ₁ μ₂ … μₜ */
  readonly product: Tensor;
};

/**
 * NAdam's direction: Adam with Nesterov's look ahead.
 *
 *     μₜ = β₁ (1 - ½ 0.96^(t ψ)),   Pₜ = μ₁ … μₜ
 *     m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²
 *     u = (g (1 - μₜ) / (1 - Pₜ) + m μₜ₊₁ / (1 - Pₜ₊₁)) / (√(v / (1 - β₂ᵗ)) + ε)
 *
 * Source: Dozat 2016, "Incorporating Nesterov Momentum into Adam"; the schedule of μ and all defaults are torch.optim.NAdam's
 * (of 1.13 the Pₜ₊₁ has μₜ twice; later versions do not).
 *
 * @throws ArgumentError
 */
export function scaleByNadam(options: ScaleByNadamOptions = {}): Transform<ScaleByNadamState> {
  const owner = 'scaleByNadam';
  checkOptions(owner, options, {
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    momentumDecay: hyper(ranges.momentumDecay),
  });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, momentumDecay = 4e-3 } = options;
  const numbers = hyperparameters(owner, { beta1, beta2, epsilon, momentumDecay });
  return {
    init: (params) => ({
      ...numbers.init(),
      m: likeParams(owner, params, zerosLike),
      v: likeParams(owner, params, zerosLike),
      product: full([], 1, { dtype: scalarDType() }),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const t = state.count.add(1).cast(h.beta1.dtype);
      const momentum = (at: Tensor): Tensor =>
        at.mul(h.momentumDecay).mul(Math.log(0.96)).exp().mul(-0.5).add(1).mul(h.beta1);
      const now = momentum(t);
      const next = momentum(t.add(1));
      const product = state.product.mul(now);
      const scalars = inDType({
        beta1: h.beta1,
        beta2: h.beta2,
        epsilon: h.epsilon,
        rest1: complement(h.beta1),
        rest2: complement(h.beta2),
        slope: oneMinusPower(h.beta2, t).rsqrt(),
        ofGradient: complement(now).div(complement(product)),
        ofMoment: next.div(complement(product.mul(next))),
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
          const ahead = g.mul(s.ofGradient).add(m1.mul(s.ofMoment));
          return { updates: ahead.div(root(v1).mul(s.slope).add(s.epsilon)), m: m1, v: v1 };
        },
      );
      return { updates, state: { ...numbers.advance(state), m, v, product } };
    },
  };
}
