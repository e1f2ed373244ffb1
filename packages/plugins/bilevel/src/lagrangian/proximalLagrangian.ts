import { atLeastOne, check, checkOptions, functionRule, positive } from '@core/registry/checks';
import { scan, type Tensor } from '@core/tensor';
import { checkProblem, type Batches, type BilevelProblem } from '../problem.js';
import { dot, minus } from '../vectors.js';
import { constrainedLevels } from './constrained.js';
import { saddleStep, type Saddle } from './saddle.js';

export interface ProximalLagrangianOptions {
  /** γ₁ of |θ - y|²/2γ₁; small enough to make the lower level strongly convex. Greater than 0. Default 10. */
  readonly gamma1?: number;
  /** γ₂ of |λ - z|²/2γ₂. Greater than 0. Default 0.1. */
  readonly gamma2?: number;
  /** Descent-ascent steps. Default 1000. */
  readonly iterations?: number;
  /** Their size: below about 2 μ/|J_y c|². Greater than 0. Default 0.03. */
  readonly stepSize?: number;
  /** r. Greater than 0. Default 1000. */
  readonly bound?: number;
}

export interface ProximalLagrangianValue<X, Y> {
  /** v(x, y, z). */
  readonly value: Tensor;
  /** The saddle point. */
  readonly theta: Y;
  readonly lambda: Tensor;
  /** By the envelope theorem; nothing of the iteration is differentiated. */
  readonly gradient: { readonly x: X; readonly y: Y; readonly z: Tensor };
}

/**
 * The proximal Lagrangian value function of the lower level under its constraints, with its saddle point and its gradient:
 *
 *     v(x, y, z) = min_θ max_λ  g(x, θ) + λ·c(x, θ) + |θ - y|²/2γ₁ - |λ - z|²/2γ₂
 *     ∇ₓv = ∇ₓg(x, θ*) + J_xᵀ λ*,   ∇ᵧv = (y - θ*)/γ₁,   ∇_z v = (λ* - z)/γ₂
 *
 * g(x, y) - v(x, y, z) >= 0 wherever the constraints hold, and 0 exactly where y is optimal with the multiplier z.
 *
 * Source: Yao et al. 2024, LV-HBA (arXiv:2401.16164).
 *
 * @throws ArgumentError for options, or a problem without constraints
 */
export function proximalLagrangian<X, Y, B>(
  problem: BilevelProblem<X, Y, B>,
  options: ProximalLagrangianOptions = {},
): (x: X, y: Y, z: Tensor, batches?: Batches<B>) => ProximalLagrangianValue<X, Y> {
  const owner = 'proximalLagrangian';
  checkProblem(owner, problem);
  check(owner, 'constraints.value', problem.constraints?.value, functionRule);
  checkOptions(owner, options, {
    gamma1: positive,
    gamma2: positive,
    iterations: atLeastOne,
    stepSize: positive,
    bound: positive,
  });
  const { gamma1 = 10, gamma2 = 0.1, iterations = 1000, stepSize = 0.03, bound = 1000 } = options;
  return (x, y, z, batches = {}) => {
    const at = constrainedLevels(owner, problem, x, y, batches);
    const step = (saddle: Saddle): Saddle =>
      saddleStep(problem, at, z, saddle, stepSize, { gamma1, gamma2, bound });
    const { theta, lambda } = scan(
      (saddle: Saddle) => [step(saddle), null] as const,
      { theta: at.y.leaves, lambda: z },
      null,
      { length: iterations },
    )[0];
    const xs = at.x.leaves;
    const [constraint, pull] = at.constraints(xs, theta);
    const [apart, off] = [minus(theta, at.y.leaves), lambda.sub(z)];
    const byX = pull(lambda)[0];
    return {
      value: at
        .lower(xs, theta)
        .add(lambda.mul(constraint).sum())
        .add(dot(apart, apart).div(2 * gamma1))
        .sub(
          off
            .square()
            .sum()
            .div(2 * gamma2),
        ),
      theta: at.y.build(theta),
      lambda,
      gradient: {
        x: at.x.derivative(at.lowerByX(xs, theta).map((leaf, i) => leaf.add(byX[i] ?? leaf))),
        y: at.y.derivative(apart.map((leaf) => leaf.div(-gamma1))),
        z: off.div(gamma2),
      },
    };
  };
}
