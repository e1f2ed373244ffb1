import { check, functionRule } from '@core/registry/checks';
import { hyper } from '../checks.js';
import {
  hyperparameters,
  ranges,
  type HyperparameterName,
  type HyperparameterState,
} from '../hyperparameters.js';
import { leafwise } from '../leaves.js';
import { inDType } from '../math.js';
import type { Hyperparameter, Schedule, Transform } from '../types.js';

export type ScaleState = HyperparameterState<'factor'>;
export type ScaleByLearningRateState = HyperparameterState<'learningRate'>;

function scaleBy<K extends HyperparameterName>(
  owner: string,
  name: K,
  value: Hyperparameter,
  sign: 1 | -1,
): Transform<HyperparameterState<K>> {
  check(owner, name, value, hyper(ranges[name]));
  const numbers = hyperparameters<K>(owner, { [name]: value } as Record<K, Hyperparameter>); // the only key
  return {
    init: () => numbers.init(),
    update: (grads, state, params) => {
      const scalars = inDType({ factor: numbers.read(state)[name].mul(sign) });
      const { updates } = leafwise(owner, params, { grads }, ['updates'], ({ grads: u }) => ({
        updates: u.mul(scalars(u.dtype).factor),
      }));
      return { updates, state: numbers.advance(state) };
    },
  };
}

/**
 * updates = factor · updates
 *
 * @param factor a finite number
 * @throws ArgumentError
 */
export function scale(factor: Hyperparameter): Transform<ScaleState> {
  return scaleBy('scale', 'factor', factor, 1);
}

/**
 * updates = schedule(count) · updates, with the count of updates so far (0 at the first).
 *
 * @throws ArgumentError unless it is a function
 */
export function scaleBySchedule(schedule: Schedule): Transform<ScaleState> {
  check('scaleBySchedule', 'schedule', schedule, functionRule);
  return scaleBy('scaleBySchedule', 'factor', schedule, 1);
}

/**
 * updates = -learningRate · updates: the last stage of an optimizer, which makes of a direction uphill a step downhill.
 *
 * @param learningRate at least 0
 * @throws ArgumentError
 */
export function scaleByLearningRate(learningRate: Hyperparameter): Transform<ScaleByLearningRateState> {
  return scaleBy('scaleByLearningRate', 'learningRate', learningRate, -1);
}
