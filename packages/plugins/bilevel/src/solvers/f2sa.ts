import { checkOptions, nonNegative, positive } from '@core/registry/checks';
import type { Tensor, Tree } from '@core/tensor';
import { levelsOf } from '../levels.js';
import { startOf } from '../problem.js';
import { combine, copy, norm } from '../vectors.js';
import { calls, draw, infeasibility, measureState, nextKey, project, solutionOf, type BilevelSolver, type BilevelState } from './shared.js'; // prettier-ignore

export interface F2saOptions {
  /** α, the rate of y. Greater than 0. Default 0.01. */
  readonly learningRate?: number;
  /** γ, the rate of z, which must keep up with x. Greater than 0. Default 0.1. */
  readonly innerLearningRate?: number;
  /** ξ: x has the rate ξα, well below z's. Greater than 0. Default 0.1. */
  readonly ratio?: number;
  /** λ at the start. Greater than 0. Default 1. */
  readonly lambda?: number;
  /** δ: what λ grows by at each step. At least 0. Default 0.01. */
  readonly growth?: number;
}

export type F2saState<X extends Tree = Tensor, Y extends Tree = Tensor> = BilevelState<X, Y> & {
  /** Follows argmin g(x, ·) alone. */
  readonly z: Y;
  readonly lambda: Tensor;
};

/**
 * F2SA: fully first-order and single-loop. The penalty λ(g - min g) replaces the lower level, z follows its minimum:
 *
 *     z ← z - γ ∇ᵧg(x, z)
 *     y ← y - α (∇ᵧf + λ ∇ᵧg)(x, y)
 *     x ← x - ξα (∇ₓf(x, y) + λ (∇ₓg(x, y) - ∇ₓg(x, z))),   λ ← λ + δ
 *
 * with the y and z just made. For a fixed λ the hypergradient is off by O(1/λ); y needs α < 1/(λL). ∇ₓg is taken at y and z on one
 * batch, since λ multiplies the difference. 6 calls a step.
 *
 * Source: Kwon et al. 2023 (arXiv:2301.10945); defaults are ours.
 *
 * @throws ArgumentError for options, or a problem without a start
 */
export function f2sa<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  options: F2saOptions = {},
): BilevelSolver<X, Y, B, F2saState<X, Y>> {
  const owner = 'f2sa';
  checkOptions(owner, options, {
    learningRate: positive,
    innerLearningRate: positive,
    ratio: positive,
    lambda: positive,
    growth: nonNegative,
  });
  const { learningRate = 0.01, innerLearningRate = 0.1, ratio = 0.1, growth = 0.01 } = options;
  return {
    init: (problem, key) => {
      const { x, y } = startOf(owner, problem);
      return {
        x: copy(x),
        y: copy(y),
        z: copy(y),
        key,
        oracleCalls: calls(0),
        lambda: calls(options.lambda ?? 1),
      };
    },
    step: (problem, state) => {
      const { lambda } = state;
      const [key, now] = nextKey(problem, state.key);
      const at = levelsOf(owner, problem, state.x, state.y, draw(problem, now));
      const xs = at.x.leaves;
      const onto = (leaves: readonly Tensor[]): Y => project(problem.projections?.y, at.y.build(leaves));
      const zs = at.y.take(state.z);
      const z = onto(combine([1, zs], [-innerLearningRate, at.lowerByY(xs, zs)]));
      const slope = at.lowerByY(xs, at.y.leaves);
      const pull = combine([1, at.upperGradients(xs, at.y.leaves)[1]], [lambda, slope]);
      const y = onto(combine([1, at.y.leaves], [-learningRate, pull]));
      const [yNext, zNext] = [at.y.take(y), at.y.take(z)];
      const gap = combine([1, at.lowerByX(xs, yNext)], [-1, at.lowerByX(xs, zNext)]);
      const direction = combine([1, at.upperGradients(xs, yNext)[0]], [lambda, gap]);
      const x = project(
        problem.projections?.x,
        at.x.build(combine([1, xs], [-ratio * learningRate, direction])),
      );
      const oracleCalls = state.oracleCalls.add(6);
      return {
        state: { x, y, z, key, oracleCalls, lambda: lambda.add(growth) },
        measures: {
          oracleCalls,
          stationarity: norm(direction),
          lowerNorm: norm(slope),
          infeasibility: infeasibility(owner, problem, x, y),
        },
      };
    },
    measure: (problem, state) => measureState(owner, problem, state),
    solution: solutionOf,
  };
}
