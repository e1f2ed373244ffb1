import { checkOptions } from '@core/registry/checks';
import type { Tensor, Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import {
  hyperparameters,
  ranges,
  type HyperparameterReader,
  type HyperparameterState,
} from '../hyperparameters.js';
import { complement } from '../math.js';
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
} from './finiteSum.js';
import { finiteSumSolver } from './finiteSumSolver.js';
import { combine, minus } from './vectors.js';

export interface HalpernDeterministicOptions {
  /** γ. At least 0. Default 2/L with the problem's `meanCocoercivity` L, or its `cocoercivity`. */
  readonly learningRate?: Hyperparameter;
  /** λ, the pull towards the start. In [0, 1]. Default 1/(k + 2), k counted from 0. */
  readonly anchoring?: Hyperparameter;
}

export type HalpernDeterministicState<P extends Tree = Tensor> = FiniteSumState<P> &
  HyperparameterState<'learningRate' | 'anchoring'>;

/**
 * Halpern iteration with the whole operator, for cocoercive F.
 *
 *     u ← J_{γG}(λ u₀ + (1 - λ) (u - γ F(u)))                n calls
 *
 * ‖F(u_k)‖ <= L ‖u₀ - u*‖ / (k + 1). With a resolvent it is Halpern's iteration of the nonexpansive (I - γF) J_{γG}, so the
 * rate stays. A bilinear game is not cocoercive: there it may diverge, and `extraAnchoredGradient` does not.
 *
 * State: the point, and g where there is a resolvent.
 * Source: Halpern 1967; rate: Lieder 2021, On the convergence rate of the Halpern-iteration; Diakonikolas 2020 (arXiv:2002.08872).
 *
 * @throws ArgumentError for options, or a problem that neither the rate nor a constant is given for
 */
export function halpernDeterministic<P extends Tree = Tensor>(
  options: HalpernDeterministicOptions = {},
): FiniteSumSolver<P, HalpernDeterministicState<P>> {
  const owner = 'halpernDeterministic';
  checkOptions(owner, options, {
    learningRate: hyper(ranges.learningRate),
    anchoring: hyper(ranges.anchoring),
  });
  const numbersFor = (problem: FiniteSum<P>): HyperparameterReader<'learningRate' | 'anchoring'> =>
    hyperparameters(owner, {
      learningRate: rateOf(owner, 'learningRate', options.learningRate, problem, 2, [
        'meanCocoercivity',
        'cocoercivity',
      ]),
      anchoring: options.anchoring ?? harmonic(1, 2),
    });
  return finiteSumSolver<P, 'learningRate' | 'anchoring', object>(owner, {
    numbersFor,
    start: () => ({ own: {}, spent: 0 }),
    step: (problem, state, { learningRate, anchoring }) => {
      const value = fullOperator(owner, problem, state.point);
      const forward = minus(state.point, combine([learningRate, value]));
      const y = combine([complement(anchoring), forward], [anchoring, problem.start]);
      return {
        resolved: resolve(problem, y, learningRate),
        own: {},
        spent: problem.size,
        // of the point before the step, whose F is known
        residual: residualNorm(value, state.normal),
      };
    },
  });
}
