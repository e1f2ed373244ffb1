import { where } from '@core/tensor';
import { hyperparameters, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, perLeafValues } from '../leaves.js';
import { inDType } from '../math.js';
import type { Hyperparameter, Mask, Transform } from '../types.js';

export type DecayAfterStepState = HyperparameterState<'learningRate' | 'weightDecay'>;

/**
 * Decoupled decay of what the step has reached, and none at the first update: with the step u, w ← (w + u) (1 - α λ).
 * That is updates ← u - α λ (w + u), behind the learning rate. For rules whose first update only looks. Values are checked
 * by the caller.
 */
export function decayAfterStep(
  owner: string,
  learningRate: Hyperparameter,
  weightDecay: Hyperparameter,
  mask: Mask,
): Transform<DecayAfterStepState> {
  const numbers = hyperparameters(owner, { learningRate, weightDecay });
  return {
    init: () => numbers.init(),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const scalars = inDType({ share: where(state.count.equal(0), 0, h.learningRate.mul(h.weightDecay)) });
      const chosen = perLeafValues(owner, 'the mask', 'boolean', mask, params);
      const { updates } = leafwise(owner, params, { grads }, ['updates'], ({ grads: u, param, index }) => ({
        updates: chosen[index] === true ? u.sub(param.add(u).mul(scalars(u.dtype).share)) : u,
      }));
      return { updates, state: numbers.advance(state) };
    },
  };
}
