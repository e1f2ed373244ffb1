import { atLeastOne, checkOptions } from '@core/registry/checks';
import { cond, random, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterReader } from '../hyperparameters.js';
import type { Hyperparameter } from '../types.js';
import {
  batchOperator,
  calls,
  drawIndices,
  fullOperator,
  rateOf,
  residualNorm,
  resolve,
  type FiniteSum,
  type FiniteSumSolver,
} from './finiteSum.js';
import { finiteSumSolver, type MethodState } from './finiteSumSolver.js';
import { combine, copy } from './vectors.js';

export interface SvrgOptions {
  /** η. At least 0. Default 1/(10L) with the problem's `cocoercivity` L, or its `lipschitz`. */
  readonly learningRate?: Hyperparameter;
  /** Components of a step, drawn with replacement. Default 1. */
  readonly batch?: number;
  /** m, steps from one snapshot to the next. Default 2n. */
  readonly period?: number;
}

type Own<P extends Tree> = {
  readonly key: Tensor;
  /** w */
  readonly snapshot: P;
  /** F(w) */
  readonly snapshotValue: P;
};

export type SvrgState<P extends Tree = Tensor> = MethodState<P, 'learningRate', Own<P>>;

/**
 * Stochastic variance-reduced gradient.
 *
 *     u ← J_{ηG}(u - η (F_i(u) - F_i(w) + F(w)))             2b calls
 *     every m steps:  w ← u                                   n calls
 *
 * Linear convergence where F is strongly monotone; without that use `halpernCocoercive`, whose last iterate has a bound.
 * `step`'s residual is that of the direction it took, an estimate.
 *
 * State: three points (u, w, F(w)), and g where there is a resolvent.
 * Source: Johnson & Zhang 2013, option I and their η = 0.1/L, m = 2n; the resolvent: Xiao & Zhang 2014 (arXiv:1403.4699);
 * monotone operators: Balamurugan & Bach 2016 (arXiv:1605.06398).
 *
 * @throws ArgumentError for options, or a problem that neither the rate nor a constant is given for
 */
export function svrg<P extends Tree = Tensor>(options: SvrgOptions = {}): FiniteSumSolver<P, SvrgState<P>> {
  const owner = 'svrg';
  checkOptions(owner, options, {
    learningRate: hyper(ranges.learningRate),
    batch: atLeastOne,
    period: atLeastOne,
  });
  const { batch = 1 } = options;
  const numbersFor = (problem: FiniteSum<P>): HyperparameterReader<'learningRate'> =>
    hyperparameters(owner, {
      learningRate: rateOf(owner, 'learningRate', options.learningRate, problem, 1 / 10, [
        'cocoercivity',
        'lipschitz',
      ]),
    });
  return finiteSumSolver<P, 'learningRate', Own<P>>(owner, {
    numbersFor,
    start: (problem, point, key) => ({
      own: {
        key: key.mul(1),
        snapshot: copy(point),
        snapshotValue: fullOperator(owner, problem, point),
      },
      spent: problem.size,
    }),
    step: (problem, state, { learningRate }) => {
      const [key, drawn] = random.split(state.key);
      const indices = drawIndices(drawn, problem, batch);
      const direction = combine(
        [1, state.snapshotValue],
        [1, batchOperator(owner, problem, state.point, indices)],
        [-1, batchOperator(owner, problem, state.snapshot, indices)],
      );
      const y = combine([1, state.point], [learningRate.neg(), direction]);
      const resolved = resolve(problem, y, learningRate);
      const { snapshot, snapshotValue, spent } = cond(
        state.count
          .add(1)
          .remainder(options.period ?? 2 * problem.size)
          .equal(0),
        () => ({
          snapshot: copy(resolved.point),
          snapshotValue: fullOperator(owner, problem, resolved.point),
          spent: calls(problem.size + 2 * batch),
        }),
        () => ({
          snapshot: copy(state.snapshot),
          snapshotValue: copy(state.snapshotValue),
          spent: calls(2 * batch),
        }),
      );
      return {
        resolved,
        own: { key, snapshot, snapshotValue },
        spent,
        residual: residualNorm(direction, state.normal),
      };
    },
  });
}
