import { atLeastOne, checkOptions, positive, scalar, wholeNumber } from '@core/registry/checks';
import { random, scan, stack, type Tensor, type Tree } from '@core/tensor';
import { levelsOf } from '../levels.js';
import { startOf } from '../problem.js';
import { combine, copy, norm, scalarLike } from '../vectors.js';
import { lowerDescent } from './lowerDescent.js';
import { calls, draw, infeasibility, measureState, mover, nextKey, project, solutionOf, type BilevelSolver, type BilevelState } from './shared.js'; // prettier-ignore

export interface StocBiOOptions {
  /** Rate of the upper level. Greater than 0. Default 0.1. */
  readonly learningRate?: number | Tensor;
  /** T, steps of SGD at the lower level. Default 10. */
  readonly innerSteps?: number;
  /** Greater than 0. Default 0.1. */
  readonly innerLearningRate?: number | Tensor;
  /** Q, factors of the Neumann series. At least 0. Default 3. */
  readonly iterations?: number;
  /** η of the series, below 1/L. Greater than 0. Default 0.1. */
  readonly eta?: number | Tensor;
}

/**
 * stocBiO: T steps of SGD from the last y, then a hypergradient whose Neumann series has an independent batch for each factor,
 *
 *     v = η Σ_{q <= Q} Π_{j <= q} (I - η H(batch_j)) ∇ᵧf,   x ← x - lr (∇ₓf - J(batch) v)
 *
 * On whole batches it is `bilevelLoop` by 'neumann'. One call is a gradient or a product: T + Q + 3 a step.
 *
 * Source: Ji, Yang & Liang 2021 (arXiv:2010.07962), algorithm 2; defaults are ours.
 *
 * @throws ArgumentError for options, or a problem without a start
 */
export function stocBiO<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  options: StocBiOOptions = {},
): BilevelSolver<X, Y, B, BilevelState<X, Y>> {
  const owner = 'stocBiO';
  checkOptions(owner, options, {
    learningRate: scalar(positive),
    innerSteps: atLeastOne,
    innerLearningRate: scalar(positive),
    iterations: wholeNumber,
    eta: scalar(positive),
  });
  const { learningRate = 0.1, innerSteps = 10, innerLearningRate = 0.1, iterations = 3, eta = 0.1 } = options;
  const below = mover(innerLearningRate, undefined);
  return {
    init: (problem, key) => {
      const { x, y } = startOf(owner, problem);
      return { x: copy(x), y: copy(y), key, oracleCalls: calls(0) };
    },
    step: (problem, state) => {
      const [key, now] = nextKey(problem, state.key);
      const [lowerKey, upperKey] = nextKey(problem, now);
      const from = { y: state.y, state: {}, key: lowerKey };
      const { y } = lowerDescent(owner, problem, state.x, from, below, innerSteps);
      const at = levelsOf(owner, problem, state.x, y, draw(problem, upperKey));
      const [xs, ys] = [at.x.leaves, at.y.leaves];
      const [direct, slope] = at.upperGradients(xs, ys);
      const v = at.y.ravel(slope);
      const rate = typeof eta === 'number' ? scalarLike(eta, v) : eta.cast(v.dtype);
      const factor = ({ term, sum }: { term: Tensor; sum: Tensor }, own: Tensor) => {
        const there = levelsOf(owner, problem, state.x, y, draw(problem, own));
        const next = term.sub(there.lowerHessian(xs, ys)[1](term).mul(rate));
        return [{ term: next, sum: sum.add(next) }, null] as const;
      };
      const series =
        iterations === 0
          ? v
          : scan(factor, { term: v, sum: v }, stack(random.split(random.foldIn(upperKey, 2), iterations)))[0]
              .sum;
      const indirect = at.cross(xs, ys, series.mul(rate));
      const direction = combine([1, direct], [-1, indirect]);
      const moved = mover(learningRate, undefined).move(xs, direction, {}).value;
      const x = project(problem.projections?.x, at.x.build(moved));
      const oracleCalls = state.oracleCalls.add(innerSteps + iterations + 3);
      return {
        state: { x, y, key, oracleCalls },
        measures: {
          oracleCalls,
          stationarity: norm(direction),
          lowerNorm: norm(at.lowerByY(xs, ys)),
          infeasibility: infeasibility(owner, problem, x, y),
        },
      };
    },
    measure: (problem, state) => measureState(owner, problem, state),
    solution: solutionOf,
  };
}
