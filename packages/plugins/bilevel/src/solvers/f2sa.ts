import { check, checkOptions, nonNegative, positive } from '@core/registry/checks';
import { zeros, type Tensor, type Tree } from '@core/tensor';
import { levelsOf } from '../levels.js';
import { startOf } from '../problem.js';
import { orSchedule, rateAt, type Rate } from '../schedules/rate.js';
import { combine, copy, descent, norm } from '../vectors.js';
import { calls, draw, infeasibility, measureState, nextKey, project, solutionOf, type BilevelSolver, type BilevelState } from './shared.js'; // prettier-ignore

export interface F2saOptions {
  /** α, the rate of y; the theory's falls as k^(-5/7). Greater than 0. Default 0.01. */
  readonly learningRate?: Rate;
  /** γ, the rate of z, which must keep up with x; the theory's falls as k^(-4/7). Greater than 0. Default 0.1. */
  readonly innerLearningRate?: Rate;
  /** ξ: x has the rate ξα, well below z's. Greater than 0. Default 0.1. */
  readonly ratio?: number;
  /** λ at the start, or at each step; the theory's grows as k^(1/7). Greater than 0. Default 1. */
  readonly lambda?: Rate;
  /** δ: what λ grows by at each step. At least 0. Default 0.01; with a schedule for λ 0. */
  readonly growth?: number;
}

export type F2saState<X extends Tree = Tensor, Y extends Tree = Tensor> = BilevelState<X, Y> & {
  /** Follows argmin g(x, ·) alone. */
  readonly z: Y;
  readonly lambda: Tensor;
  /** Steps taken, int32. */
  readonly count: Tensor;
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
 * With noise in both levels the theory has α ~ k^(-5/7), γ ~ k^(-4/7), λ ~ k^(1/7) (`powerLaw`), and E|∇F|² falls as k^(-2/7).
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
    learningRate: orSchedule(positive),
    innerLearningRate: orSchedule(positive),
    ratio: positive,
    lambda: orSchedule(positive),
    growth: nonNegative,
  });
  const { learningRate = 0.01, innerLearningRate = 0.1, ratio = 0.1, lambda: penalty = 1 } = options;
  const { growth = typeof penalty === 'number' ? 0.01 : 0 } = options;
  if (typeof penalty !== 'number')
    check(owner, 'growth', growth, { words: '0 with a schedule for lambda', holds: (v) => v === 0 });
  const penaltyAt = (count: Tensor): Tensor => calls(0).add(rateAt(penalty, count));
  return {
    init: (problem, key) => {
      const { x, y } = startOf(owner, problem);
      return {
        x: copy(x),
        y: copy(y),
        z: copy(y),
        key,
        oracleCalls: calls(0),
        lambda: penaltyAt(zeros([], { dtype: 'int32' })),
        count: zeros([], { dtype: 'int32' }),
      };
    },
    step: (problem, state) => {
      const { lambda, count } = state;
      const [alpha, gamma] = [rateAt(learningRate, count), rateAt(innerLearningRate, count)];
      const [key, now] = nextKey(problem, state.key);
      const at = levelsOf(owner, problem, state.x, state.y, draw(problem, now));
      const xs = at.x.leaves;
      const onto = (leaves: readonly Tensor[]): Y => project(problem.projections?.y, at.y.build(leaves));
      const zs = at.y.take(state.z);
      const z = onto(descent(zs, gamma, at.lowerByY(xs, zs)));
      const slope = at.lowerByY(xs, at.y.leaves);
      const pull = combine([1, at.upperGradients(xs, at.y.leaves)[1]], [lambda, slope]);
      const y = onto(descent(at.y.leaves, alpha, pull));
      const [yNext, zNext] = [at.y.take(y), at.y.take(z)];
      const gap = combine([1, at.lowerByX(xs, yNext)], [-1, at.lowerByX(xs, zNext)]);
      const direction = combine([1, at.upperGradients(xs, yNext)[0]], [lambda, gap]);
      const step = typeof alpha === 'number' ? ratio * alpha : alpha.mul(ratio);
      const x = project(problem.projections?.x, at.x.build(descent(xs, step, direction)));
      const oracleCalls = state.oracleCalls.add(6);
      const next = typeof penalty === 'number' ? lambda.add(growth) : penaltyAt(count.add(1));
      return {
        state: { x, y, z, key, oracleCalls, count: count.add(1), lambda: next },
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
