import { checkOptions } from '@core/registry/checks';
import { arange, dynamicUpdateSlice, random, take, tree, vmap, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import {
  hyperparameters,
  ranges,
  type HyperparameterReader,
  type HyperparameterState,
} from '../hyperparameters.js';
import type { Hyperparameter } from '../types.js';
import {
  batchOperator,
  calls,
  checkFiniteSum,
  drawIndices,
  measureState,
  normalAtStart,
  rateOf,
  residualNorm,
  resolve,
  type FiniteSum,
  type FiniteSumSolver,
  type FiniteSumState,
} from './finiteSum.js';
import { combine, copy } from './vectors.js';

export interface SagaOptions {
  /** η. At least 0. Default 1/(3L) with the problem's `cocoercivity` L, or its `lipschitz`. */
  readonly learningRate?: Hyperparameter;
}

export type SagaState<P extends Tree = Tensor> = FiniteSumState<P> &
  HyperparameterState<'learningRate'> & {
    readonly key: Tensor;
    /** The last value of each component: leaves [n, ...]. */
    readonly table: P;
    /** Their mean. */
    readonly mean: P;
  };

/**
 * SAGA: a step against the last value of one component and the mean of all, at one call.
 *
 *     u ← J_{ηG}(u - η (F_i(u) - φ_i + mean φ)),   φ_i ← F_i(u)       1 call
 *
 * Linear convergence where F is strongly monotone. `step`'s residual is that of the direction it took, an estimate.
 *
 * State: n + 2 points, and g where there is a resolvent. The table is filled at the start, by n calls.
 * Source: Defazio, Bach & Lacoste-Julien 2014 (arXiv:1407.0202), with η = 1/(3L); monotone operators: Balamurugan & Bach
 * 2016 (arXiv:1605.06398).
 *
 * @throws ArgumentError for options, or a problem that neither the rate nor a constant is given for
 */
export function saga<P extends Tree = Tensor>(options: SagaOptions = {}): FiniteSumSolver<P, SagaState<P>> {
  const owner = 'saga';
  checkOptions(owner, options, { learningRate: hyper(ranges.learningRate) });
  const numbersFor = (problem: FiniteSum<P>): HyperparameterReader<'learningRate'> =>
    hyperparameters(owner, {
      learningRate: rateOf(owner, 'learningRate', options.learningRate, problem, 1 / 3, [
        'cocoercivity',
        'lipschitz',
      ]),
    });
  return {
    init: (problem, key) => {
      checkFiniteSum(owner, problem);
      const point = copy(problem.start);
      const component = (i: Tensor): P => batchOperator(owner, problem, point, i);
      const table = vmap(component)(
        arange(0, problem.size, 1, { dtype: 'int32' }).reshape([problem.size, 1]),
      );
      return {
        ...numbersFor(problem).init(),
        key: key.mul(1),
        oracleCalls: calls(problem.size),
        ...normalAtStart(problem),
        point,
        table,
        mean: tree.map((rows: Tensor) => rows.mean(0), table),
      };
    },
    step: (problem, state) => {
      const numbers = numbersFor(problem);
      const { learningRate } = numbers.read(state);
      const [key, drawn] = random.split(state.key);
      const index = drawIndices(drawn, problem, 1);
      const fresh = batchOperator(owner, problem, state.point, index);
      const stale = tree.map((rows: Tensor) => take(rows, index, 0).squeeze(0), state.table);
      const direction = combine([1, fresh], [-1, stale], [1, state.mean]);
      const resolved = resolve(
        problem,
        combine([1, state.point], [learningRate.neg(), direction]),
        learningRate,
      );
      const table = tree.map(
        (rows: Tensor, row: Tensor) =>
          dynamicUpdateSlice(rows, row.expandDims(0), [
            index.squeeze(0),
            ...Array.from({ length: row.ndim }, () => 0),
          ]),
        state.table,
        fresh,
      );
      const share = 1 / problem.size;
      const oracleCalls = state.oracleCalls.add(1);
      return {
        state: {
          ...numbers.advance(state),
          key,
          oracleCalls,
          ...resolved,
          table,
          mean: combine([1, state.mean], [share, fresh], [-share, stale]),
        },
        measures: { oracleCalls, residual: residualNorm(direction, state.normal) },
      };
    },
    measure: (problem, state) => measureState(owner, problem, state),
    solution: (_, state) => state.point,
  };
}
