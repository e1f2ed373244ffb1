import { grad, jvp, linearize, valueAndGrad, type Tensor } from '@core/tensor';
import { coordinates, type Coordinates } from './coordinates.js';
import { scalarOf, type Batches, type BilevelProblem } from './problem.js';

type Leaves = readonly Tensor[];

/** Both levels of a problem as functions of float leaves, with the derivatives that methods are made of. */
export interface Levels<X, Y> {
  readonly x: Coordinates<X>;
  readonly y: Coordinates<Y>;
  readonly upper: (x: Leaves, y: Leaves) => Tensor;
  readonly lower: (x: Leaves, y: Leaves) => Tensor;
  /** ∇f, by x and by y. */
  readonly upperGradients: (x: Leaves, y: Leaves) => readonly [Leaves, Leaves];
  /** ∇g, by x and by y. */
  readonly lowerGradients: (x: Leaves, y: Leaves) => readonly [Leaves, Leaves];
  /** g and ∇g. */
  readonly lowerWithGradients: (x: Leaves, y: Leaves) => readonly [Tensor, readonly [Leaves, Leaves]];
  /** ∇ₓg. */
  readonly lowerByX: (x: Leaves, y: Leaves) => Leaves;
  /** ∇ᵧg. */
  readonly lowerByY: (x: Leaves, y: Leaves) => Leaves;
  /** ∇ᵧg(x, y), and v ↦ ∂²g/∂y² v on vectors [dim y]. */
  readonly lowerHessian: (x: Leaves, y: Leaves) => readonly [Leaves, (v: Tensor) => Tensor];
  /** ∂²g/∂x∂y v, like x, for a vector [dim y]. */
  readonly cross: (x: Leaves, y: Leaves, v: Tensor) => Leaves;
}

export function levelsOf<X, Y, B>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  x: X,
  y: Y,
  batches: Batches<B> = {},
): Levels<X, Y> {
  const [at, below] = [coordinates(owner, 'x', x), coordinates(owner, 'y', y)];
  const upper = (xs: Leaves, ys: Leaves): Tensor =>
    scalarOf(owner, 'upper', problem.upper(at.build(xs), below.build(ys), batches.upper));
  const lower = (xs: Leaves, ys: Leaves): Tensor =>
    scalarOf(owner, 'lower', problem.lower(at.build(xs), below.build(ys), batches.lower));
  const lowerByX = grad(lower, 0);
  const lowerByY = grad(lower, 1);
  return {
    x: at,
    y: below,
    upper,
    lower,
    upperGradients: grad(upper, [0, 1]),
    lowerGradients: grad(lower, [0, 1]),
    lowerWithGradients: valueAndGrad(lower, { argnums: [0, 1] }),
    lowerByX,
    lowerByY,
    lowerHessian: (xs, ys) => {
      const [slope, push] = linearize((leaves: Leaves) => lowerByY(xs, leaves), ys);
      return [slope, (v) => below.ravel(push(below.unravel(v)))];
    },
    cross: (xs, ys, v) => jvp((leaves: Leaves) => lowerByX(xs, leaves), [ys], [below.unravel(v)])[1],
  };
}
