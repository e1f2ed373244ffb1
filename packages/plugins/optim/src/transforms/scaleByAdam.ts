import { checkOptions, flag, nonNegative } from '@core/registry/checks';
import { zerosLike, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType, oneMinusPower, root } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface ScaleByAdamOptions {
  /** β₁, decay of the mean of gradients. In [0, 1). Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** β₂, decay of the mean of squared gradients. In [0, 1). Default 0.999. */
  readonly beta2?: Hyperparameter;
  /** ε, added to the root after its bias correction. At least 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
  /**
   * Added to v̂ under the root, which bounds the derivative of a step by its gradient: for steps that are differentiated through.
   * Optax's and TorchOpt's `eps_root`. At least 0. Default 0.
   */
  readonly epsilonRoot?: number;
  /** Divide by the largest second moment so far, so that steps never grow. Default false. */
  readonly amsgrad?: boolean;
  /** Divide m by 1 - β₁ᵗ and v by 1 - β₂ᵗ. Default true. */
  readonly biasCorrection?: boolean;
}

export type ScaleByAdamState = HyperparameterState<'beta1' | 'beta2' | 'epsilon'> & {
  /** First moment. */
  readonly m: Tree;
  /** Second moment, not centred. */
  readonly v: Tree;
  /** With amsgrad: the elementwise maximum of all v, before bias correction. */
  readonly vMax?: Tree;
};

/**
 * Adam's direction.
 *
 *     m ← β₁ m + (1 - β₁) g
 *     v ← β₂ v + (1 - β₂) g²
 *     u = m / (1 - β₁ᵗ) / (√v / √(1 - β₂ᵗ) + ε)      amsgrad: v̂ ← max(v̂, v) takes v's place under the root
 *
 * Source: Kingma & Ba 2015 (arXiv:1412.6980), algorithm 1; amsgrad: Reddi et al. 2018 (arXiv:1904.09237), in the form of
 * torch.optim.Adam, which corrects the bias after taking the maximum.
 *
 * @throws ArgumentError
 */
export function scaleByAdam(options: ScaleByAdamOptions = {}): Transform<ScaleByAdamState> {
  const owner = 'scaleByAdam';
  checkOptions(owner, options, {
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(ranges.epsilon),
    epsilonRoot: nonNegative,
    amsgrad: flag,
    biasCorrection: flag,
  });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, amsgrad = false, biasCorrection = true } = options;
  const { epsilonRoot = 0 } = options;
  const numbers = hyperparameters(owner, { beta1, beta2, epsilon });
  return {
    init: (params) => ({
      ...numbers.init(),
      m: likeParams(owner, params, zerosLike),
      v: likeParams(owner, params, zerosLike),
      ...(amsgrad ? { vMax: likeParams(owner, params, zerosLike) } : {}),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const t = state.count.add(1);
      const one = h.epsilon.mul(0).add(1);
      const correction1 = biasCorrection ? oneMinusPower(h.beta1, t) : one;
      const correction2 = biasCorrection ? oneMinusPower(h.beta2, t) : one;
      // Both corrections go into the denominator, as scalars: m / (√v c₁ / √c₂ + c₁ ε), one pass less over the elements.
      const scalars = inDType({
        beta1: h.beta1,
        beta2: h.beta2,
        rest1: complement(h.beta1),
        rest2: complement(h.beta2),
        slope: correction1.div(correction2.sqrt()),
        offset: correction1.mul(h.epsilon),
        inside: correction2.mul(epsilonRoot),
      });
      const { updates, m, v, vMax } = leafwise(
        owner,
        params,
        { grads, m: state.m, v: state.v, vMax: amsgrad ? state.vMax : state.v },
        ['updates', 'm', 'v', 'vMax'],
        ({ grads: g, m: m0, v: v0, vMax: largest }) => {
          const s = scalars(g.dtype);
          const m1 = m0.mul(s.beta1).add(g.mul(s.rest1));
          const v1 = v0.mul(s.beta2).add(g.square().mul(s.rest2));
          const top = amsgrad ? largest.maximum(v1) : v1;
          const within = epsilonRoot === 0 ? top : top.add(s.inside);
          return { updates: m1.div(root(within).mul(s.slope).add(s.offset)), m: m1, v: v1, vMax: top };
        },
      );
      return { updates, state: { ...numbers.advance(state), m, v, ...(amsgrad ? { vMax } : {}) } };
    },
  };
}
