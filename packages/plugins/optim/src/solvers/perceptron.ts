import { checkOptions, oneOf } from '@core/registry/checks';
import { arange, full, oneHot, random, where, type Tensor } from '@core/tensor';
import {
  checkSeparation,
  marginsOf,
  measureSeparation,
  startOf,
  weighted,
  type SeparationSolver,
} from './separation.js';

export interface PerceptronOptions {
  /** Which wrong example: the next one in their order, or any with equal probability. Default 'cyclic'. */
  readonly order?: 'cyclic' | 'random';
}

export type PerceptronState = {
  readonly key: Tensor;
  /** The example of the last update, int32; n - 1 at the start. */
  readonly last: Tensor;
  /** θ, [d] */
  readonly theta: Tensor;
};

/**
 * The perceptron: θ ← θ + y_j a_j for one example j with y_j a_jᵀ θ <= 0. Separates within R²/μ² updates from 0 (R, μ:
 * `margin`), whatever the order. A step is one update; without wrong examples θ stays.
 *
 * State: θ. Cost of a step: two products with the features, as all examples are looked at.
 * Source: Rosenblatt 1958; the bound: Novikoff 1962.
 *
 * @throws ArgumentError for options; ArgumentError, ShapeError, DTypeError for a problem that is none
 */
export function perceptron(options: PerceptronOptions = {}): SeparationSolver<PerceptronState> {
  const owner = 'perceptron';
  checkOptions(owner, options, { order: oneOf('cyclic', 'random') });
  const { order = 'cyclic' } = options;
  return {
    init: (problem, key) => {
      checkSeparation(owner, problem);
      const n = problem.features.shape[0] ?? 0;
      return { key: key.mul(1), last: full([], n - 1, { dtype: 'int32' }), theta: startOf(problem) };
    },
    step: (problem, { key: before, last, theta }) => {
      const n = problem.features.shape[0] ?? 0;
      const [key, drawn] = random.split(before);
      const wrong = marginsOf(problem, theta).lessEqual(0);
      // How long each has to wait; those that are right wait for good.
      const turn =
        order === 'random'
          ? random.uniform(drawn, [n])
          : arange(0, n, 1, { dtype: 'int32' }).sub(last).sub(1).remainder(n).cast(theta.dtype);
      const chosen = where(wrong, turn, Infinity).argmin();
      const any = wrong.any().cast(theta.dtype);
      const next = theta.add(weighted(problem, oneHot(chosen, n, { dtype: theta.dtype }).mul(any)));
      return {
        state: { key, last: chosen.cast('int32'), theta: next },
        measures: measureSeparation(problem, next),
      };
    },
    measure: (problem, { theta }) => measureSeparation(problem, theta),
    solution: (_, { theta }) => theta,
  };
}
