import { checkOptions, checkRequired, flag } from '@core/registry/checks';
import type { Tensor } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import type { Hyperparameter } from '../types.js';
import {
  checkSeparation,
  marginsOf,
  measureSeparation,
  startOf,
  weighted,
  type SeparationSolver,
} from './separation.js';

export interface LogisticGDOptions {
  /** γ. At least 0. No default: 100 separates fast and leaves a large loss, small ones keep the loss small. */
  readonly learningRate: Hyperparameter;
  /** Steps over the mean of the sigmoids (Normalized LR+GD). Default false. */
  readonly normalized?: boolean;
}

export type LogisticGDState = HyperparameterState<'learningRate'> & {
  /** θ, [d] */
  readonly theta: Tensor;
};

/**
 * Gradient descent on the logistic loss of a separation problem. With s_i = 1/(1 + exp(m_i)), m_i = y_i a_iᵀ θ:
 *
 *     θ ← θ + γ (1/n) Σ s_i y_i a_i                 LR+GD
 *     θ ← θ + γ Σ s_i y_i a_i / Σ s_i               Normalized LR+GD: γ times a convex combination
 *
 * As γ → ∞, θ/γ from 0 tends to `batchPerceptron`'s iterates, step by step. The normalized one separates within
 * R²/μ² + 2 log(2n - 1)/(γ μ²) updates from 0 for every γ (R, μ: `margin`); the plain one may need n times as many. Its weights
 * are a softmax of log s_i, so that they stay right where every s_i underflows; plain steps are 0 there.
 *
 * State: θ. Cost of a step: two products with the features.
 * Source: Tyurin 2025, From Logistic Regression to the Perceptron Algorithm: Exploring Gradient Descent with Large Step Sizes
 * (AAAI). The paper says in passing that its factor β tends to the number of wrong examples; by its definition, which is the
 * one here, β = n/Σ s_i, the limit is n over that number.
 *
 * @throws ArgumentError for options; ArgumentError, ShapeError, DTypeError for a problem that is none
 */
export function logisticGD(options: LogisticGDOptions): SeparationSolver<LogisticGDState> {
  const owner = 'logisticGD';
  checkOptions(owner, options, { learningRate: hyper(ranges.learningRate), normalized: flag });
  checkRequired(owner, options, ['learningRate']);
  const { learningRate, normalized = false } = options;
  const numbers = hyperparameters(owner, { learningRate });
  return {
    init: (problem) => {
      checkSeparation(owner, problem);
      return { ...numbers.init(), theta: startOf(problem) };
    },
    step: (problem, state) => {
      const { theta } = state;
      const margins = marginsOf(problem, theta);
      const weights = normalized
        ? margins.softplus().neg().softmax()
        : margins
            .neg()
            .sigmoid()
            .div(problem.features.shape[0] ?? 1);
      const rate = numbers.read(state).learningRate.cast(theta.dtype);
      const next = theta.add(weighted(problem, weights).mul(rate));
      return {
        state: { ...numbers.advance(state), theta: next },
        measures: measureSeparation(problem, next),
      };
    },
    measure: (problem, { theta }) => measureSeparation(problem, theta),
    solution: (_, { theta }) => theta,
  };
}
