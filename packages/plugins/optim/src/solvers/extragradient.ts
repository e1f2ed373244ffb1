import { checkOptions } from '@core/registry/checks';
import { zeros, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import {
  hyperparameters,
  ranges,
  type HyperparameterReader,
  type HyperparameterState,
} from '../hyperparameters.js';
import { complement, scalarDType } from '../math.js';
import type { Hyperparameter } from '../types.js';
import {
  fullOperator,
  harmonic,
  rateOf,
  residualNorm,
  resolve,
  type FiniteSum,
  type FiniteSumSolver,
  type FiniteSumState,
  type Resolved,
} from './finiteSum.js';
import { finiteSumSolver } from './finiteSumSolver.js';
import { combine } from './vectors.js';

export interface ExtragradientOptions {
  /** s. At least 0. Default 1/(2L) with the problem's `meanLipschitz` L, or its `lipschitz`. */
  readonly learningRate?: Hyperparameter;
}

export interface ExtraAnchoredGradientOptions {
  /** s. At least 0. Default 1/(8L) with the problem's `meanLipschitz` L, or its `lipschitz`. */
  readonly learningRate?: Hyperparameter;
  /** λ, the pull towards the start. In [0, 1]. Default 1/(k + 2), k counted from 0. */
  readonly anchoring?: Hyperparameter;
}

export type ExtragradientState<P extends Tree = Tensor> = FiniteSumState<P> &
  HyperparameterState<'learningRate' | 'anchoring'>;

/**
 * Extragradient: a step with the operator at the end of a trial step. For monotone, Lipschitz F.
 *
 *     h = J_{sG}(u - s F(u)),   u ← J_{sG}(u - s F(h))       2n calls
 *
 * State: the point, and g where there is a resolvent.
 * Source: Korpelevich 1976; any s < 1/L converges.
 *
 * @throws ArgumentError for options, or a problem that neither the rate nor a constant is given for
 */
export function extragradient<P extends Tree = Tensor>(
  options: ExtragradientOptions = {},
): FiniteSumSolver<P, ExtragradientState<P>> {
  const owner = 'extragradient';
  checkOptions(owner, options, { learningRate: hyper(ranges.learningRate) });
  return anchoredSteps(owner, options.learningRate, 1 / 2, undefined);
}

/**
 * Extra anchored gradient (EAG-C): extragradient steps that are pulled towards the start, for monotone, Lipschitz F. Its
 * last iterate's residual falls as 1/k, where extragradient's falls as 1/√k.
 *
 *     h = J_{sG}(u + λ (u₀ - u) - s F(u)),   u ← J_{sG}(u + λ (u₀ - u) - s F(h))       2n calls
 *
 * State: the point, and g where there is a resolvent.
 * Source: Yoon & Ryu 2021 (arXiv:2102.07922), with its constant step.
 *
 * @throws ArgumentError for options, or a problem that neither the rate nor a constant is given for
 */
export function extraAnchoredGradient<P extends Tree = Tensor>(
  options: ExtraAnchoredGradientOptions = {},
): FiniteSumSolver<P, ExtragradientState<P>> {
  const owner = 'extraAnchoredGradient';
  checkOptions(owner, options, {
    learningRate: hyper(ranges.learningRate),
    anchoring: hyper(ranges.anchoring),
  });
  return anchoredSteps(owner, options.learningRate, 1 / 8, options.anchoring ?? harmonic(1, 2));
}

function anchoredSteps<P extends Tree>(
  owner: string,
  rate: Hyperparameter | undefined,
  factor: number,
  anchoring: Hyperparameter | undefined,
): FiniteSumSolver<P, ExtragradientState<P>> {
  const numbersFor = (problem: FiniteSum<P>): HyperparameterReader<'learningRate' | 'anchoring'> =>
    hyperparameters(owner, {
      learningRate: rateOf(owner, 'learningRate', rate, problem, factor, ['meanLipschitz', 'lipschitz']),
      anchoring: anchoring ?? zeros([], { dtype: scalarDType() }),
    });
  return finiteSumSolver<P, 'learningRate' | 'anchoring', object>(owner, {
    numbersFor,
    start: () => ({ own: {}, spent: 0 }),
    step: (problem, state, { learningRate, anchoring: pull }) => {
      const from =
        anchoring === undefined
          ? state.point
          : combine([complement(pull), state.point], [pull, problem.start]);
      const value = fullOperator(owner, problem, state.point);
      const after = (direction: P): Resolved<P> =>
        resolve(problem, combine([1, from], [learningRate.neg(), direction]), learningRate);
      const half = after(value).point;
      return {
        resolved: after(fullOperator(owner, problem, half)),
        own: {},
        spent: 2 * problem.size,
        // of the point before the step, whose F is known
        residual: residualNorm(value, state.normal),
      };
    },
  });
}
