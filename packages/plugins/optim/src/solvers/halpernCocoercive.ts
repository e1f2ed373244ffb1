import { atLeastOne, checkOptions } from '@core/registry/checks';
import { cond, random, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterReader } from '../hyperparameters.js';
import { complement } from '../math.js';
import type { Hyperparameter } from '../types.js';
import {
  batchOperator,
  calls,
  coin,
  drawIndices,
  fullOperator,
  harmonic,
  rateOf,
  residualNorm,
  resolve,
  type FiniteSum,
  type FiniteSumSolver,
} from './finiteSum.js';
import { finiteSumSolver, type MethodState } from './finiteSumSolver.js';
import { combine } from './vectors.js';

export interface HalpernCocoerciveOptions {
  /**
   * η. At least 0. Default 1/(4L) with the problem's `cocoercivity` L, which the bound below asks for; 1/L was stable in
   * every test here and needs about a quarter of the calls.
   */
  readonly learningRate?: Hyperparameter;
  /** b, components of a correction, drawn with replacement. Default ⌈√n⌉. */
  readonly batch?: number;
  /** p, the probability that the estimate after step k is F itself. Default 4/(min(k + 1, √n) + 5). */
  readonly refreshProbability?: Hyperparameter;
  /** λ, the pull towards the start. In [0, 1]. Default 2/(k + 4), k counted from 0. */
  readonly anchoring?: Hyperparameter;
}

type Own<P extends Tree> = {
  readonly key: Tensor;
  /** e, the estimate of F(u). */
  readonly estimate: P;
};

export type HalpernCocoerciveState<P extends Tree = Tensor> = MethodState<
  P,
  'learningRate' | 'refreshProbability' | 'anchoring',
  Own<P>
>;

/**
 * Variance-reduced Halpern iteration for operators that are cocoercive on average.
 *
 *     y = λ u₀ + (1 - λ) u - η e,   u ← J_{ηG}(y)
 *     with probability p:   e ← F(u)                                           n calls
 *     otherwise:            e ← e + (1/b) Σ_{i ∈ S} (F_i(u) - F_i(u before))     2b calls, one S for both points
 *
 * The residual ‖F(u_k) + g‖ is at most 16 L ‖u₀ - u*‖ / (k + 4) in expectation, for the last iterate, so that Õ(n + √n L/ε)
 * calls reach ε. `step`'s residual is ‖e + g‖, exact after a refresh. η multiplies e without the factor 1 - λ.
 *
 * State: three points (u, e, and g where there is a resolvent).
 * Source: Cai, Alacaoglu & Diakonikolas, Variance Reduced Halpern Iteration for Finite-Sum Monotone Inclusions (2024,
 * arXiv:2310.02987), algorithm 1; the estimator is PAGE (Li et al. 2021, arXiv:2008.10898).
 *
 * @throws ArgumentError for options, or a problem that neither the rate nor a constant is given for
 */
export function halpernCocoercive<P extends Tree = Tensor>(
  options: HalpernCocoerciveOptions = {},
): FiniteSumSolver<P, HalpernCocoerciveState<P>> {
  const owner = 'halpernCocoercive';
  checkOptions(owner, options, {
    learningRate: hyper(ranges.learningRate),
    batch: atLeastOne,
    refreshProbability: hyper(ranges.refreshProbability),
    anchoring: hyper(ranges.anchoring),
  });
  const numbersFor = (
    problem: FiniteSum<P>,
  ): HyperparameterReader<'learningRate' | 'refreshProbability' | 'anchoring'> =>
    hyperparameters(owner, {
      learningRate: rateOf(owner, 'learningRate', options.learningRate, problem, 1 / 4, ['cocoercivity']),
      // The estimate after step k is e_{k+1}, so that p_{k+1} is meant: 4 / (min(k + 1, √n) + 5).
      refreshProbability: options.refreshProbability ?? harmonic(4, 6, Math.sqrt(problem.size) - 1),
      anchoring: options.anchoring ?? harmonic(2, 4),
    });
  return finiteSumSolver<P, 'learningRate' | 'refreshProbability' | 'anchoring', Own<P>>(owner, {
    numbersFor,
    start: (problem, point, key) => ({
      own: { key: key.mul(1), estimate: fullOperator(owner, problem, point) },
      spent: problem.size,
    }),
    step: (problem, state, { learningRate, refreshProbability, anchoring }) => {
      const [key, drawn, tossed] = random.split(state.key, 3) as [Tensor, Tensor, Tensor];
      const y = combine(
        [complement(anchoring), state.point],
        [anchoring, problem.start],
        [learningRate.neg(), state.estimate],
      );
      const resolved = resolve(problem, y, learningRate);
      const { point } = resolved;
      const size = options.batch ?? Math.ceil(Math.sqrt(problem.size));
      const indices = drawIndices(drawn, problem, size);
      const { estimate, spent } = cond(
        coin(tossed, refreshProbability),
        () => ({ estimate: fullOperator(owner, problem, point), spent: calls(problem.size) }),
        () => ({
          estimate: combine(
            [1, state.estimate],
            [1, batchOperator(owner, problem, point, indices)],
            [-1, batchOperator(owner, problem, state.point, indices)],
          ),
          spent: calls(2 * size),
        }),
      );
      return { resolved, own: { key, estimate }, spent, residual: residualNorm(estimate, resolved.normal) };
    },
  });
}
