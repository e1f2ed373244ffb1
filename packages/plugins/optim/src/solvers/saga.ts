import { checkOptions } from '@core/registry/checks';
import { arange, dynamicUpdateSlice, random, take, tree, vmap, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterReader } from '../hyperparameters.js';
import type { Hyperparameter } from '../types.js';
import {
  batchOperator,
  drawIndices,
  rateOf,
  residualNorm,
  resolve,
  type FiniteSum,
  type FiniteSumSolver,
} from './finiteSum.js';
import { finiteSumSolver, type MethodState } from './finiteSumSolver.js';
import { combine } from './vectors.js';

export interface SagaOptions {
  /** η. At least 0. Default 1/(3L) with the problem's `cocoercivity` L, or its `lipschitz`. */
  readonly learningRate?: Hyperparameter;
}

type Own<P extends Tree> = {
  readonly key: Tensor;
  /** The last value of each component: leaves [n, ...]. */
  readonly table: P;
  /** Their mean. */
  readonly mean: P;
};

export type SagaState<P extends Tree = Tensor> = MethodState<P, 'learningRate', Own<P>>;

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
  return finiteSumSolver<P, 'learningRate', Own<P>>(owner, {
    numbersFor,
    start: (problem, point, key) => {
      const component = (i: Tensor): P => batchOperator(owner, problem, point, i);
      const table = vmap(component)(
        arange(0, problem.size, 1, { dtype: 'int32' }).reshape([problem.size, 1]),
      );
      const mean = tree.map((rows: Tensor) => rows.mean(0), table);
      return { own: { key: key.mul(1), table, mean }, spent: problem.size };
    },
    step: (problem, state, { learningRate }) => {
      const [key, drawn] = random.split(state.key);
      const index = drawIndices(drawn, problem, 1);
      const fresh = batchOperator(owner, problem, state.point, index);
      const stale = tree.map((rows: Tensor) => take(rows, index, 0).squeeze(0), state.table);
      const direction = combine([1, fresh], [-1, stale], [1, state.mean]);
      const y = combine([1, state.point], [learningRate.neg(), direction]);
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
      return {
        resolved: resolve(problem, y, learningRate),
        own: { key, table, mean: combine([1, state.mean], [share, fresh], [-share, stale]) },
        spent: 1,
        residual: residualNorm(direction, state.normal),
      };
    },
  });
}
