import { checkOptions, flag } from '@core/registry/checks';
import { zerosLike, type Tree } from '@core/tensor';
import { hyper, perLeaf } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams, perLeafValues } from '../leaves.js';
import { complement, inDType } from '../math.js';
import type { Hyperparameter, Mask, Transform } from '../types.js';
import { projectRadial } from './projectRadial.js';

export interface ScaleBySgdpOptions {
  /** μ, the share of the buffer that stays. In [0, 1). Default 0. */
  readonly momentum?: Hyperparameter;
  /** τ; the gradient enters the buffer with 1 - τ, from the first update on. In [0, 1]. Default 0. */
  readonly dampening?: Hyperparameter;
  /** λ; divided by 1 - μ, and multiplied by the ratio where the projection acts. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
  /** Step along g + μ b in place of b. Default false. */
  readonly nesterov?: boolean;
  /** ε of the projection. At least 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
  /** δ, threshold of the cosine, see `projectRadial`. At least 0. Default 0.1. */
  readonly delta?: Hyperparameter;
  /** Weight decay is multiplied by this where the projection acts. At least 0. Default 0.1. */
  readonly weightDecayRatio?: Hyperparameter;
  /**
   * Whether the projection is kept in the buffer. Default true, as in the official code, where without nesterov the step
   * and the buffer are one tensor that is projected in place; false projects only the step, as the paper's algorithm 1.
   */
  readonly projectMomentum?: boolean;
}

export type ScaleBySgdpState = HyperparameterState<
  'momentum' | 'dampening' | 'weightDecay' | 'epsilon' | 'delta' | 'weightDecayRatio'
> & {
  /** b, the gradients' decaying sum. */
  readonly buffer: Tree;
};

/**
 * SGDP's direction: momentum without the part that only lengthens scale-invariant weights, plus weight decay.
 *
 *     b ← μ b + (1 - τ) g,    p = b, or with nesterov g + μ b
 *     (p, r) = projectRadial(w, g, p);    without nesterov b ← p
 *     u = p + r λ / (1 - μ) w
 *
 * Source: Heo et al. 2021 (arXiv:2006.08217), algorithm 1, and clovaai/AdamP (sgdp.py), which wins where they differ: the
 * projected buffer, the decay over 1 - μ, and dampening from the first step on.
 *
 * @throws ArgumentError
 */
export function scaleBySgdp(options: ScaleBySgdpOptions = {}): Transform<ScaleBySgdpState> {
  const owner = 'scaleBySgdp';
  checkOptions(owner, options, {
    momentum: hyper(ranges.momentum),
    dampening: hyper(ranges.dampening),
    weightDecay: hyper(ranges.weightDecay),
    weightDecayMask: perLeaf,
    nesterov: flag,
    epsilon: hyper(ranges.epsilon),
    delta: hyper(ranges.delta),
    weightDecayRatio: hyper(ranges.weightDecayRatio),
    projectMomentum: flag,
  });
  const { momentum = 0, dampening = 0, weightDecay = 0, weightDecayMask = true, nesterov = false } = options;
  const { epsilon = 1e-8, delta = 0.1, weightDecayRatio = 0.1, projectMomentum = true } = options;
  const values = { momentum, dampening, weightDecay, epsilon, delta, weightDecayRatio };
  const numbers = hyperparameters(
    owner,
    values,
    weightDecay === 0 ? ['weightDecay', 'weightDecayRatio'] : [],
  );
  return {
    init: (params) => ({ ...numbers.init(), buffer: likeParams(owner, params, zerosLike) }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const scalars = inDType({
        ...h,
        entering: complement(h.dampening),
        decay: h.weightDecay.div(complement(h.momentum)),
      });
      const decays = perLeafValues(owner, 'weightDecayMask', 'boolean', weightDecayMask, params);
      const { updates, buffer } = leafwise(
        owner,
        params,
        { grads, buffer: state.buffer },
        ['updates', 'buffer'],
        ({ grads: g, buffer: b0, param, index }) => {
          const s = scalars(g.dtype);
          const b1 = b0.mul(s.momentum).add(g.mul(s.entering));
          const ahead = nesterov ? g.add(b1.mul(s.momentum)) : b1;
          const { step, decayRatio } = projectRadial(param, g, ahead, {
            delta: s.delta,
            weightDecayRatio: s.weightDecayRatio,
            epsilon: s.epsilon,
          });
          const decay = weightDecay !== 0 && decays[index] === true;
          return {
            updates: decay ? step.add(param.mul(decayRatio.mul(s.decay))) : step,
            buffer: projectMomentum && !nesterov ? step : b1,
          };
        },
      );
      return { updates, state: { ...numbers.advance(state), buffer } };
    },
  };
}
