import { atLeastOne, checkOptions, nonNegative, positive, scalar } from '@core/registry/checks';
import type { Tensor, Tree } from '@core/tensor';
import { barrierDirection } from '../hypergradient/firstOrder.js';
import { levelsOf } from '../levels.js';
import { startOf } from '../problem.js';
import { combine, copy, norm } from '../vectors.js';
import { lowerDescent } from './lowerDescent.js';
import { calls, draw, infeasibility, measureState, mover, nextKey, project, solutionOf, type BilevelSolver, type BilevelState } from './shared.js'; // prettier-ignore

export interface BomeOptions {
  /** ξ, the rate of (x, y). Greater than 0. Default 0.01. */
  readonly learningRate?: number | Tensor;
  /** The rate of x over that of y. Greater than 0. Default 1, the paper's; the authors' data cleaning has 10,000. */
  readonly ratio?: number;
  /** T. Default 10. */
  readonly innerSteps?: number;
  /** α, the rate of those steps. Greater than 0. Default 0.1. */
  readonly innerLearningRate?: number | Tensor;
  /** η of the barrier φ = η |∇q|². At least 0. Default 0.5. */
  readonly eta?: number | Tensor;
}

/**
 * BOME: first derivatives only. With y_T after T steps of g from y, and q(x, y) = g(x, y) - g(x, y_T), y_T held,
 *
 *     λ = max(0, (η|∇q|² - ∇f·∇q) / |∇q|²),   (x, y) ← (x, y) - ξ (∇f + λ ∇q)
 *
 * so that q falls while f does, x at `ratio` times the rate. T + 3 calls a step.
 *
 * Source: Liu et al. 2022 (arXiv:2209.08709); T, α, η are the paper's.
 *
 * @throws ArgumentError for options, or a problem without a start
 */
export function bome<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  options: BomeOptions = {},
): BilevelSolver<X, Y, B, BilevelState<X, Y>> {
  const owner = 'bome';
  checkOptions(owner, options, {
    learningRate: scalar(positive),
    ratio: positive,
    innerSteps: atLeastOne,
    innerLearningRate: scalar(positive),
    eta: scalar(nonNegative),
  });
  const { learningRate = 0.01, ratio = 1, innerSteps = 10 } = options;
  const { innerLearningRate = 0.1, eta = 0.5 } = options;
  const [below, above] = [mover(innerLearningRate, undefined), mover(learningRate, undefined)];
  return {
    init: (problem, key) => {
      const { x, y } = startOf(owner, problem);
      return { x: copy(x), y: copy(y), key, oracleCalls: calls(0) };
    },
    step: (problem, state) => {
      const [key, now] = nextKey(problem, state.key);
      const [lowerKey, upperKey] = nextKey(problem, now);
      const from = { y: state.y, state: {}, key: lowerKey };
      const reached = lowerDescent(owner, problem, state.x, from, below, innerSteps);
      const at = levelsOf(owner, problem, state.x, state.y, draw(problem, upperKey));
      const [xs, ys] = [at.x.leaves, at.y.leaves];
      const { direction, slope } = barrierDirection(at, at.y.take(reached.y), eta);
      const scaled = [ratio === 1 ? direction[0] : combine([ratio, direction[0]]), direction[1]] as const;
      const moved = above.move([xs, ys] as const, scaled, {}).value;
      const x = project(problem.projections?.x, at.x.build(moved[0]));
      const y = project(problem.projections?.y, at.y.build(moved[1]));
      const oracleCalls = state.oracleCalls.add(innerSteps + 3);
      return {
        state: { x, y, key, oracleCalls },
        measures: {
          oracleCalls,
          stationarity: norm(direction[0]),
          lowerNorm: norm(slope),
          infeasibility: infeasibility(owner, problem, x, y),
        },
      };
    },
    measure: (problem, state) => measureState(owner, problem, state),
    solution: solutionOf,
  };
}
