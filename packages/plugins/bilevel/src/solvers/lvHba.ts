import { check, checkOptions, functionRule, nonNegative, positive } from '@core/registry/checks';
import { ArgumentError, zerosLike, type Tensor, type Tree } from '@core/tensor';
import { constrainedLevels } from '../lagrangian/constrained.js';
import { clipMultiplier, saddleStep } from '../lagrangian/saddle.js';
import { constraintValues, firstIndex, startOf, type BilevelProblem, type Point } from '../problem.js';
import { combine, copy, minus, norm } from '../vectors.js';
import { calls, draw, infeasibility, nextKey, solutionOf, type BilevelSolver, type BilevelState, type Measures } from './shared.js'; // prettier-ignore

export interface LvHbaOptions {
  /** γ₁, proximal in θ. Greater than 0. Default 10. */
  readonly gamma1?: number;
  /** γ₂, proximal in λ; small ones damp it. Greater than 0. Default 0.1. */
  readonly gamma2?: number;
  /** α, the step of (x, y). Greater than 0. Default 0.008. */
  readonly alpha?: number;
  /** β, the step of z. Greater than 0. Default 0.02. */
  readonly beta?: number;
  /** η, the step of θ and λ, below about 2 μ/|J_y c|². Greater than 0. Default 0.03. */
  readonly eta?: number;
  /** c̄ of the penalty c_k = c̄ (k + 1)ᵖ. Greater than 0. Default 1. */
  readonly penalty?: number;
  /** p, in [0, 1/2). Default 0.3. */
  readonly power?: number;
  /** r: multipliers stay within [0, r], for equalities [-r, r]. Greater than 0. Default 1000, the authors'. */
  readonly bound?: number;
}

export type LvHbaState<X extends Tree = Tensor, Y extends Tree = Tensor> = BilevelState<X, Y> & {
  readonly theta: Y;
  readonly lambda: Tensor;
  readonly z: Tensor;
  /** k. */
  readonly count: Tensor;
};

/**
 * LV-HBA: min F over pairs that solve a lower level with constraints c(x, y) <= 0 (or = 0) that couple both levels. One loop, first
 * derivatives only; the lower level may be merely convex. The lower level's gap f - v, v its proximal Lagrangian value function, is
 * penalised, and
 *
 *     (θ, λ) ← one step down and up of the proximal Lagrangian
 *     d_x = ∇ₓF/c_k + ∇ₓf(x, y) - ∇ₓf(x, θ) - J_x c(x, θ)ᵀ λ
 *     d_y = ∇ᵧF/c_k + ∇ᵧf(x, y) - (y - θ)/γ₁
 *     (x, y) ← P_C((x, y) - α (d_x, d_y)),   z ← P_Z(z + β (λ - z)/γ₂)
 *
 * where f is the problem's `lower`, F its `upper`, and P_C its `projections.joint`, which moves both at once: one after the other
 * would end elsewhere. The bias is about const / c_k. A step takes 1 gradient of F, 3 of f, and 2 products with J c: 6 calls.
 *
 * Measures: `stationarity` is the fixed-point residual, the sum over (x, y), θ, λ, z of |change| over the step's size; `lowerNorm` is
 * |y - θ|/γ₁, the gradient by y of v.
 *
 * Source: Yao et al. 2024 (arXiv:2401.16164). The constants of the authors' toy script do not converge (their λ swings between its
 * bounds); these do.
 *
 * @throws ArgumentError for options, a problem without start, constraints or `projections.joint`, or where the projected start
 *   violates a constraint, which it names
 */
export function lvHba<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  options: LvHbaOptions = {},
): BilevelSolver<X, Y, B, LvHbaState<X, Y>> {
  const owner = 'lvHba';
  checkOptions(owner, options, {
    gamma1: positive,
    gamma2: positive,
    alpha: positive,
    beta: positive,
    eta: positive,
    penalty: positive,
    power: { words: 'a number in [0, 1/2)', holds: (p) => nonNegative.holds(p) && Number(p) < 0.5 },
    bound: positive,
  });
  const { gamma1 = 10, gamma2 = 0.1, alpha = 0.008, beta = 0.02, eta = 0.03 } = options;
  const { penalty = 1, power = 0.3, bound = 1000 } = options;
  const constants = { gamma1, gamma2, bound };

  const step = (
    problem: BilevelProblem<X, Y, B>,
    state: LvHbaState<X, Y>,
  ): { state: LvHbaState<X, Y>; measures: Measures } => {
    const [key, now] = nextKey(problem, state.key);
    const at = constrainedLevels(owner, problem, state.x, state.y, draw(problem, now));
    const [xs, ys] = [at.x.leaves, at.y.leaves];
    const before = { theta: at.y.take(state.theta), lambda: state.lambda };
    const { theta, lambda } = saddleStep(problem, at, state.z, before, eta, constants);
    const weight = state.count.add(1).pow(-power).div(penalty);
    const [upperX, upperY] = at.upperGradients(xs, ys);
    const [lowerX, lowerY] = at.lowerGradients(xs, ys);
    const byX = at.constraints(xs, theta)[1](lambda)[0];
    const directionX = combine([weight, upperX], [1, lowerX], [-1, at.lowerByX(xs, theta)], [-1, byX]);
    const directionY = combine([weight, upperY], [1, lowerY], [-1 / gamma1, minus(ys, theta)]);
    const { x, y } = jointly(problem, {
      x: at.x.build(combine([1, xs], [-alpha, directionX])),
      y: at.y.build(combine([1, ys], [-alpha, directionY])),
    });
    const z = clipMultiplier(problem, state.z.add(lambda.sub(state.z).mul(beta / gamma2)), bound);
    const oracleCalls = state.oracleCalls.add(6);
    const moved = norm([minus(at.x.take(x), xs), minus(at.y.take(y), ys)]);
    const residual = moved
      .div(alpha)
      .add(norm(minus(theta, before.theta)).div(eta))
      .add(norm(lambda.sub(before.lambda)).div(eta))
      .add(norm(z.sub(state.z)).div(beta));
    return {
      state: { x, y, key, oracleCalls, theta: at.y.build(theta), lambda, z, count: state.count.add(1) },
      measures: {
        oracleCalls,
        stationarity: residual,
        lowerNorm: norm(minus(ys, theta)).div(gamma1),
        infeasibility: infeasibility(owner, problem, x, y),
      },
    };
  };

  return {
    init: (problem, key) => {
      const start = startOf(owner, problem);
      check(owner, 'constraints.value', problem.constraints?.value, functionRule);
      check(owner, 'projections.joint', problem.projections?.joint, functionRule);
      const { x, y } = jointly(problem, { x: copy(start.x), y: copy(start.y) });
      const value = constraintValues(owner, problem, x, y);
      checkFeasible(owner, problem, value);
      return {
        x,
        y,
        key,
        oracleCalls: calls(0),
        theta: copy(y),
        lambda: zerosLike(value),
        z: zerosLike(value),
        count: calls(0),
      };
    },
    step,
    measure: (problem, state) => {
      const { measures } = step({ ...problem, samplers: {} }, state);
      return {
        ...measures,
        oracleCalls: state.oracleCalls,
        infeasibility: infeasibility(owner, problem, state.x, state.y),
      };
    },
    solution: solutionOf,
  };
}

function jointly<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  problem: BilevelProblem<X, Y, B>,
  point: Point<X, Y>,
): Point<X, Y> {
  return problem.projections?.joint?.(point) ?? point;
}

/** What a projected start may violate. */
const slack = 1e-3;

function checkFeasible<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  value: Tensor,
): void {
  const equality = problem.constraints?.equality === true;
  const violated = firstIndex((equality ? value.abs() : value).lessEqual(slack).logicalNot());
  if (violated === undefined) return;
  throw new ArgumentError(
    `${owner}: constraint ${violated} does not hold at the projected start: c = ${Number(value.dataSync()[violated])}, wanted ` +
      `${equality ? '0' : 'at most 0'}; the lower level has no feasible point there, or projections.joint is not the one onto the constraints`,
  );
}
