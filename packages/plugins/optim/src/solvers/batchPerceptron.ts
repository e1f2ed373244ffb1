import { checkOptions, flag } from '@core/registry/checks';
import { where, zeros, type Tensor } from '@core/tensor';
import {
  checkSeparation,
  marginsOf,
  measureSeparation,
  startOf,
  weighted,
  type SeparationSolver,
} from './separation.js';

export interface BatchPerceptronOptions {
  /** Divide by the number of wrong examples in place of n. Default false. */
  readonly normalized?: boolean;
}

export type BatchPerceptronState = {
  /** Updates so far, int32. */
  readonly count: Tensor;
  /** θ, [d] */
  readonly theta: Tensor;
};

/**
 * The perceptron with all wrong examples at once, S = {i: y_i a_iᵀ θ <= 0}:
 *
 *     θ ← θ + (1/n) Σ_S y_i a_i            the first update is (1/(2n)) Σ y_i a_i over all, as logistic regression's from 0
 *     θ ← θ + (1/|S|) Σ_S y_i a_i          normalized; no such first update
 *
 * Separates within n R²/μ² updates, normalized within R²/μ² (R, μ: `margin`). Without wrong examples θ stays.
 *
 * State: θ. Cost of a step: two products with the features.
 * Source: Tyurin 2025 (AAAI), algorithms 2 and 3.
 *
 * @throws ArgumentError for options; ArgumentError, ShapeError, DTypeError for a problem that is none
 */
export function batchPerceptron(
  options: BatchPerceptronOptions = {},
): SeparationSolver<BatchPerceptronState> {
  const owner = 'batchPerceptron';
  checkOptions(owner, options, { normalized: flag });
  const { normalized = false } = options;
  return {
    init: (problem) => {
      checkSeparation(owner, problem);
      return { count: zeros([], { dtype: 'int32' }), theta: startOf(problem) };
    },
    step: (problem, { count, theta }) => {
      const wrong = marginsOf(problem, theta).lessEqual(0).cast(theta.dtype);
      const weights = normalized
        ? wrong.div(wrong.sum().maximum(1))
        : where(count.equal(0), 0.5, wrong).div(problem.features.shape[0] ?? 1);
      const next = theta.add(weighted(problem, weights.cast(theta.dtype)));
      return { state: { count: count.add(1), theta: next }, measures: measureSeparation(problem, next) };
    },
    measure: (problem, { theta }) => measureSeparation(problem, theta),
    solution: (_, { theta }) => theta,
  };
}
