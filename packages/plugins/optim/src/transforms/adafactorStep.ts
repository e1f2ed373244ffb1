import { zerosLike, type Tree } from '@core/tensor';
import { hyperparameters, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams, perLeafValues } from '../leaves.js';
import { complement, inDType, root } from '../math.js';
import type { Hyperparameter, Mask, Transform } from '../types.js';

/** `adafactor`'s options of these names, with their defaults filled in. */
export interface AdafactorStepOptions {
  readonly learningRate: Hyperparameter;
  readonly scaleParameter: boolean;
  readonly minimumScale: Hyperparameter;
  /** 0 for no first moment. */
  readonly beta1: Hyperparameter;
  readonly weightDecay: Hyperparameter;
  readonly weightDecayMask: Mask;
}

export type AdafactorStepState = HyperparameterState<
  'learningRate' | 'minimumScale' | 'beta1' | 'weightDecay'
> & {
  /** With beta1: the mean of steps. */
  readonly m?: Tree;
};

/**
 * The second half of Adafactor. The rate is different for each leaf, and decay and momentum see it so: the momentum is an
 * average of steps, not of directions.
 *
 *     α = rate · max(ε₂, RMS(w))
 *     m ← β₁ m + (1 - β₁) α u
 *     updates = -(m + α λ w)             without beta1: -α (u + λ w)
 */
export function adafactorStep(owner: string, options: AdafactorStepOptions): Transform<AdafactorStepState> {
  const { scaleParameter, weightDecayMask, ...values } = options;
  const averages = options.beta1 !== 0;
  const decays = options.weightDecay !== 0;
  const numbers = hyperparameters(owner, values, [
    ...(averages ? [] : ['beta1' as const]),
    ...(decays ? [] : ['weightDecay' as const]),
    ...(scaleParameter ? [] : ['minimumScale' as const]),
  ]);
  return {
    init: (params) => ({
      ...numbers.init(),
      ...(averages ? { m: likeParams(owner, params, zerosLike) } : {}),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const scalars = inDType({ ...h, rest1: complement(h.beta1) });
      const decaying = perLeafValues(owner, 'weightDecayMask', 'boolean', weightDecayMask, params);
      const { updates, m } = leafwise(
        owner,
        params,
        { grads, m: averages ? state.m : grads },
        ['updates', 'm'],
        ({ grads: u, m: m0, param, index }) => {
          const s = scalars(u.dtype);
          const scaled = scaleParameter && param.size > 0;
          const size = scaled ? root(param.square().mean()).maximum(s.minimumScale) : undefined;
          const alpha = size === undefined ? s.learningRate : size.mul(s.learningRate);
          const step = u.mul(alpha);
          const m1 = averages ? m0.mul(s.beta1).add(step.mul(s.rest1)) : step;
          const whole = decays && decaying[index] === true ? m1.add(param.mul(alpha.mul(s.weightDecay))) : m1;
          return { updates: whole.neg(), m: m1 };
        },
      );
      return { updates, state: { ...numbers.advance(state), ...(averages ? { m } : {}) } };
    },
  };
}
