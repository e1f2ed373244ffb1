import { checkOptions, checkRequired, show } from '@core/registry/checks';
import { ArgumentError, ShapeError, Tensor, where, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { checkParams, leafwise } from '../leaves.js';
import { inDType, scalarDType } from '../math.js';
import type { Hyperparameter } from '../types.js';

export interface NormalizedLrGdOptions {
  /** γ. At least 0. No default. */
  readonly learningRate: Hyperparameter;
}

/** What the update needs besides the gradients. */
export interface NormalizedLrGdExtra {
  /** (1/n) Σ s_i of the batch that the gradients are of, a scalar: `meanSigmoid(margins)`. */
  readonly meanSigmoid: Tensor;
}

export type NormalizedLrGdState = HyperparameterState<'learningRate'>;

/** An optimizer whose update takes what a gradient alone does not tell. */
export interface NormalizedLrGd {
  init(params: Tree): NormalizedLrGdState;
  update(
    grads: Tree,
    state: NormalizedLrGdState,
    params: Tree,
    extra: NormalizedLrGdExtra,
  ): { updates: Tree; state: NormalizedLrGdState };
}

/**
 * Normalized gradient descent for the mean logistic loss of any model with margins m_i = y_i f(a_i):
 *
 *     w ← w - γ ∇f / ((1/n) Σ s_i),     s_i = 1/(1 + exp(m_i))
 *
 * As examples come right their sigmoids vanish and plain steps with them; these do not. Where every sigmoid underflows the
 * update is 0. For a linear model `logisticGD({ normalized: true })` computes the same without that.
 *
 * The sigmoids are not in the gradient, so `update` takes a fourth argument: `update(grads, state, params, { meanSigmoid })`.
 * That makes it no `Optimizer`, and not a link of a chain.
 *
 * State: none beyond the rate.
 * Source: Tyurin 2025, From Logistic Regression to the Perceptron Algorithm (AAAI), algorithm 4.
 *
 * @throws ArgumentError
 */
export function normalizedLrGd(options: NormalizedLrGdOptions): NormalizedLrGd {
  const owner = 'normalizedLrGd';
  checkOptions(owner, options, { learningRate: hyper(ranges.learningRate) });
  checkRequired(owner, options, ['learningRate']);
  const numbers = hyperparameters(owner, { learningRate: options.learningRate });
  return {
    init: (params) => {
      checkParams(owner, params);
      return numbers.init();
    },
    update: (grads, state, params, extra: Partial<NormalizedLrGdExtra> | undefined) => {
      const mean = extra?.meanSigmoid;
      if (!(mean instanceof Tensor))
        throw new ArgumentError(
          `${owner}: update needs a fourth argument { meanSigmoid }, got ${show(extra)}; see meanSigmoid`,
        );
      if (mean.ndim !== 0) throw new ShapeError(`${owner}: meanSigmoid must be a scalar, got ${show(mean)}`);
      const wide = mean.cast(scalarDType());
      const some = wide.greater(0);
      const factor = where(some, numbers.read(state).learningRate.div(where(some, wide, 1)), 0).neg();
      const scalars = inDType({ factor });
      const { updates } = leafwise(owner, params, { grads }, ['updates'], ({ grads: g }) => ({
        updates: g.mul(scalars(g.dtype).factor),
      }));
      return { updates, state: numbers.advance(state) };
    },
  };
}

/**
 * (1/n) Σ 1/(1 + exp(m_i)), what `normalizedLrGd` divides by.
 *
 * @param margins m_i = y_i f(a_i), of any shape
 */
export function meanSigmoid(margins: Tensor): Tensor {
  return margins.neg().sigmoid().mean();
}
