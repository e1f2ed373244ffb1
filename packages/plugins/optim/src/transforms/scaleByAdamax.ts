import { checkOptions } from '@core/registry/checks';
import { zerosLike, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType, oneMinusPower } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface ScaleByAdamaxOptions {
  /** β₁, decay of the mean of gradients. In [0, 1). Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** β₂, decay of the norm. In [0, 1). Default 0.999. */
  readonly beta2?: Hyperparameter;
  /** ε, added to the gradient's size. Greater than 0 where gradients may be 0 from the start. At least 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
}

export type ScaleByAdamaxState = HyperparameterState<'beta1' | 'beta2' | 'epsilon'> & {
  /** First moment. */
  readonly m: Tree;
  /** The largest size of a gradient, decaying. */
  readonly norm: Tree;
};

/**
 * AdaMax's direction: Adam with the maximum in the place of the root mean square.
 *
 *     m ← β₁ m + (1 - β₁) g
 *     n ← max(β₂ n, |g| + ε)
 *     u = m / (1 - β₁ᵗ) / n
 *
 * Source: Kingma & Ba 2015 (arXiv:1412.6980), algorithm 2; ε and its place are torch.optim.Adamax's.
 *
 * @throws ArgumentError
 */
export function scaleByAdamax(options: ScaleByAdamaxOptions = {}): Transform<ScaleByAdamaxState> {
  const owner = 'scaleByAdamax';
  checkOptions(owner, options, {
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
  });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const numbers = hyperparameters(owner, { beta1, beta2, epsilon });
  return {
    init: (params) => ({
      ...numbers.init(),
      m: likeParams(owner, params, zerosLike),
      norm: likeParams(owner, params, zerosLike),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const scalars = inDType({
        ...h,
        rest1: complement(h.beta1),
        inverse1: oneMinusPower(h.beta1, state.count.add(1)).reciprocal(),
      });
      const { updates, m, norm } = leafwise(
        owner,
        params,
        { grads, m: state.m, norm: state.norm },
        ['updates', 'm', 'norm'],
        ({ grads: g, m: m0, norm: n0 }) => {
          const s = scalars(g.dtype);
          const m1 = m0.mul(s.beta1).add(g.mul(s.rest1));
          const n1 = n0.mul(s.beta2).maximum(g.abs().add(s.epsilon));
          return { updates: m1.mul(s.inverse1).div(n1), m: m1, norm: n1 };
        },
      );
      return { updates, state: { ...numbers.advance(state), m, norm } };
    },
  };
}
