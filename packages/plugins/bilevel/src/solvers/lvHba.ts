import { check, checkOptions, functionRule, number, positive, show, type Rule } from '@core/registry/checks';
import type { IterativeSolver } from '@core/registry/solve';
import { ArgumentError, ShapeError, Tensor, full, type Tree } from '@core/tensor';
import { constrainedLevels } from '../lagrangian/constrained.js';
import { clipMultiplier, saddleStep } from '../lagrangian/saddle.js';
import { constraintValues, firstIndex, startOf, type BilevelProblem, type Point } from '../problem.js';
import { combine, copy, dot, minus, norm } from '../vectors.js';
import { calls, draw, infeasibility, nextKey, solutionOf, type BilevelMeasure, type BilevelState } from './shared.js'; // prettier-ignore

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
  /** p, in [0, 1/2]; the theory wants less than 1/2, the authors' support vector machines have it. Default 0.3. */
  readonly power?: number;
  /** r: multipliers stay within [0, r], for equalities [-r, r]. Greater than 0. Default 1000, the authors'. */
  readonly bound?: number;
  /** Where λ starts: a vector [m], or a number for all of it. Default 0. */
  readonly lambda0?: number | Tensor;
  /** Where z starts. Default 0. */
  readonly z0?: number | Tensor;
}

export type LvHbaMeasure = BilevelMeasure | 'gap';

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
 * |y - θ|/γ₁, the gradient by y of v, and `gap` is f - v, with the present (θ, λ) for v's saddle point: 0 at a solution, and meaningful
 * once they have settled. `lvHbaConverged` is a stop rule made of the first and the last.
 *
 * Source: Yao et al. 2024 (arXiv:2401.16164). The constants of the authors' toy script do not converge (their λ swings between its
 * bounds); these do.
 *
 * @throws ArgumentError for options, a problem without start, constraints or `projections.joint`, or where the projected start
 *   violates a constraint, which it names
 */
export function lvHba<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  options: LvHbaOptions = {},
): IterativeSolver<BilevelProblem<X, Y, B>, LvHbaState<X, Y>, Point<X, Y>, LvHbaMeasure> {
  const owner = 'lvHba';
  checkOptions(owner, options, {
    gamma1: positive,
    gamma2: positive,
    alpha: positive,
    beta: positive,
    eta: positive,
    penalty: positive,
    power: number('a number in [0, 1/2]', (p) => p >= 0 && p <= 0.5),
    bound: positive,
    lambda0: multiplierRule,
    z0: multiplierRule,
  });
  const { gamma1 = 10, gamma2 = 0.1, alpha = 0.008, beta = 0.02, eta = 0.03 } = options;
  const { penalty = 1, power = 0.3, bound = 1000, lambda0 = 0, z0 = 0 } = options;
  const constants = { gamma1, gamma2, bound };

  const step = (
    problem: BilevelProblem<X, Y, B>,
    state: LvHbaState<X, Y>,
  ): { state: LvHbaState<X, Y>; measures: Readonly<Record<LvHbaMeasure, Tensor>> } => {
    const [key, now] = nextKey(problem, state.key);
    const at = constrainedLevels(owner, problem, state.x, state.y, draw(problem, now));
    const [xs, ys] = [at.x.leaves, at.y.leaves];
    const before = { theta: at.y.take(state.theta), lambda: state.lambda };
    const { theta, lambda } = saddleStep(problem, at, state.z, before, eta, constants);
    const weight = state.count.add(1).pow(-power).div(penalty);
    const [upperX, upperY] = at.upperGradients(xs, ys);
    const [lower, [lowerX, lowerY]] = at.lowerWithGradients(xs, ys);
    const [lowerThere, [lowerXThere]] = at.lowerWithGradients(xs, theta);
    const [constraint, pull] = at.constraints(xs, theta);
    const apart = minus(ys, theta);
    const directionX = combine([weight, upperX], [1, lowerX], [-1, lowerXThere], [-1, pull(lambda)[0]]);
    const directionY = combine([weight, upperY], [1, lowerY], [-1 / gamma1, apart]);
    const off = lambda.sub(state.z);
    const value = combine(
      [1, lowerThere],
      [1, dot(lambda, constraint)],
      [0.5 / gamma1, dot(apart, apart)],
      [-0.5 / gamma2, dot(off, off)],
    );
    const { x, y } = jointly(problem, {
      x: at.x.build(combine([1, xs], [-alpha, directionX])),
      y: at.y.build(combine([1, ys], [-alpha, directionY])),
    });
    const z = clipMultiplier(problem, state.z.add(off.mul(beta / gamma2)), bound);
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
        lowerNorm: norm(apart).div(gamma1),
        gap: lower.sub(value),
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
        lambda: multiplier(owner, 'lambda0', lambda0, value),
        z: multiplier(owner, 'z0', z0, value),
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

/**
 * A stop rule for `solve`: the fixed-point residual and |f - v| are both below the tolerance.
 *
 *     solve(lvHba(), problem, { steps: 100_000, every: 100, until: lvHbaConverged(1e-3) })
 *
 * @throws ArgumentError for a tolerance that is not greater than 0
 */
export function lvHbaConverged(
  tolerance: number,
): (measures: Readonly<Record<'stationarity' | 'gap', Tensor>>) => Tensor {
  check('lvHbaConverged', 'tolerance', tolerance, positive);
  return ({ stationarity, gap }) => stationarity.less(tolerance).logicalAnd(gap.abs().less(tolerance));
}

const multiplierRule: Rule = {
  words: 'a finite number or a vector [m]',
  holds: (v) => (v instanceof Tensor ? v.ndim === 1 : Number.isFinite(v)),
};

/** A multiplier's start, one number for each constraint. */
function multiplier(owner: string, name: string, start: number | Tensor, constraint: Tensor): Tensor {
  const { shape, dtype } = constraint;
  if (!(start instanceof Tensor)) return full(shape, start, { dtype });
  if (start.size !== constraint.size)
    throw new ShapeError(`${owner}: ${name} must be a vector [${constraint.size}], got ${show(start)}`);
  return start.cast(dtype).mul(1);
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
