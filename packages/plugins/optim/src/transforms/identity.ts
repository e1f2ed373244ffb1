import { zerosLike } from '@core/tensor';
import { likeParams } from '../leaves.js';
import type { Transform } from '../types.js';

/** No state. */
export type EmptyState = Readonly<Record<string, never>>;

/** Passes gradients on as they are: the neutral element of `chain`. */
export function identity(): Transform<EmptyState> {
  return { init: () => ({}), update: (grads) => ({ updates: grads, state: {} }) };
}

/** Updates of 0, whatever the gradients: for the frozen group of a `partition`. */
export function setToZero(): Transform<EmptyState> {
  return {
    init: () => ({}),
    update: (_grads, _state, params) => ({
      updates: likeParams('setToZero', params, zerosLike),
      state: {},
    }),
  };
}
