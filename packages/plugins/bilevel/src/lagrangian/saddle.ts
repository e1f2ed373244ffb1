import type { Tensor } from '@core/tensor';
import { project } from '../solvers/shared.js';
import type { BilevelProblem } from '../problem.js';
import { combine, minus } from '../vectors.js';
import type { ConstrainedLevels } from './constrained.js';

/** The constants of the proximal Lagrangian. */
export interface ProximalConstants {
  readonly gamma1: number;
  readonly gamma2: number;
  /** Multipliers are kept within [0, bound], for equalities within [-bound, bound]. */
  readonly bound: number;
}

export interface Saddle {
  readonly theta: readonly Tensor[];
  readonly lambda: Tensor;
}

/** Onto where multipliers may be. */
export function clipMultiplier<X, Y, B>(
  problem: BilevelProblem<X, Y, B>,
  lambda: Tensor,
  bound: number,
): Tensor {
  return lambda.clip(problem.constraints?.equality === true ? -bound : 0, bound);
}

/**
 * One step down in θ and up in λ of f(x, θ) + λ·c(x, θ) + |θ - y|²/2γ₁ - |λ - z|²/2γ₂, both from where they were.
 */
export function saddleStep<X, Y, B>(
  problem: BilevelProblem<X, Y, B>,
  at: ConstrainedLevels<X, Y>,
  z: Tensor,
  { theta, lambda }: Saddle,
  step: number,
  { gamma1, gamma2, bound }: ProximalConstants,
): Saddle {
  const [value, pull] = at.constraints(at.x.leaves, theta);
  const down = combine(
    [1, at.lowerByY(at.x.leaves, theta)],
    [1, pull(lambda)[1]],
    [1 / gamma1, minus(theta, at.y.leaves)],
  );
  const up = value.neg().add(lambda.sub(z).div(gamma2));
  const moved = at.y.build(combine([1, theta], [-step, down]));
  return {
    theta: at.y.take(project(problem.projections?.y, moved)),
    lambda: clipMultiplier(problem, lambda.sub(up.mul(step)), bound),
  };
}
