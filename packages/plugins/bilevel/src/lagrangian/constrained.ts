import { vjp, type Tensor } from '@core/tensor';
import { levelsOf, type Levels } from '../levels.js';
import { constraintValues, type Batches, type BilevelProblem } from '../problem.js';

type Leaves = readonly Tensor[];

/** Both levels with their constraints, on float leaves. */
export interface ConstrainedLevels<X, Y> extends Levels<X, Y> {
  /** c(x, y) [m], and μ ↦ (J_xᵀ μ, J_yᵀ μ). */
  readonly constraints: (
    x: Leaves,
    y: Leaves,
  ) => readonly [Tensor, (multiplier: Tensor) => readonly [Leaves, Leaves]];
}

export function constrainedLevels<X, Y, B>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  x: X,
  y: Y,
  batches?: Batches<B>,
): ConstrainedLevels<X, Y> {
  const at = levelsOf(owner, problem, x, y, batches);
  return {
    ...at,
    constraints: (xs, ys) => {
      const [value, pull] = vjp(
        (u: Leaves, w: Leaves) => constraintValues(owner, problem, at.x.build(u), at.y.build(w)),
        xs,
        ys,
      );
      return [value, pull];
    },
  };
}
