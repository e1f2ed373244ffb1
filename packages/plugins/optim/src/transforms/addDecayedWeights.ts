import { check } from '@core/registry/checks';
import { hyper, perLeaf } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, perLeafValues } from '../leaves.js';
import { inDType } from '../math.js';
import type { Hyperparameter, Mask, Transform } from '../types.js';

export type AddDecayedWeightsState = HyperparameterState<'weightDecay'>;

/**
 * updates = updates + weightDecay · params, on the leaves that the mask chooses.
 *
 * Before a rule that keeps moments this is L2 regularisation; after it, and before the learning rate, it is decoupled
 * weight decay. Source: Loshchilov & Hutter 2019 (arXiv:1711.05101), algorithm 2.
 *
 * @param weightDecay at least 0
 * @param mask default: all leaves. Biases and norms are often left out: `(path, param) => param.ndim > 1`
 * @throws ArgumentError
 */
export function addDecayedWeights(
  weightDecay: Hyperparameter,
  mask: Mask = true,
): Transform<AddDecayedWeightsState> {
  return decayedWeights('addDecayedWeights', weightDecay, mask, 1);
}

/** With sign -1 and after the learning rate: decay that does not depend on the learning rate. */
export function decayedWeights(
  owner: string,
  weightDecay: Hyperparameter,
  mask: Mask,
  sign: 1 | -1,
): Transform<AddDecayedWeightsState> {
  check(owner, 'weightDecay', weightDecay, hyper(ranges.weightDecay));
  check(owner, 'mask', mask, perLeaf);
  const numbers = hyperparameters(owner, { weightDecay });
  return {
    init: () => numbers.init(),
    update: (grads, state, params) => {
      const scalars = inDType({ decay: numbers.read(state).weightDecay.mul(sign) });
      const chosen = perLeafValues(owner, 'the mask', 'boolean', mask, params);
      const { updates } = leafwise(owner, params, { grads }, ['updates'], ({ grads: u, param, index }) => ({
        updates: chosen[index] === true ? u.add(param.mul(scalars(u.dtype).decay)) : u,
      }));
      return { updates, state: numbers.advance(state) };
    },
  };
}
