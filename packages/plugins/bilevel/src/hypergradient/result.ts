import { ArgumentError, full, type Tensor } from '@core/tensor';
import { known } from '../known.js';
import type { Levels } from '../levels.js';
import { firstIndex } from '../problem.js';
import { norm, scalarLike } from '../vectors.js';

/** What a hypergradient says besides itself; scalars unless noted. */
export interface HypergradientAux<Y> {
  /** f(x, y), at the y below. */
  readonly value: Tensor;
  /**
   * The y to go on from: the given one, the one after unrolled steps, for 'f2sa' the one after steps of g alone; moved along the
   * outer direction by 'darts' and 'sama' with `nudge`, and by 'bome' with `lowerRate`.
   */
  readonly y: Y;
  /** |∇ᵧg(x, y)|; implicit gradients are off by O(|y - y*|), which this bounds. */
  readonly lowerNorm: Tensor;
  /** q, the approximate solution of Hq = ∇ᵧf, to start the next one from; zeros of methods that have none. */
  readonly adjoint: Y;
  /** |Hq - v| / |v|, for 'exact', 'cg', 'neumann', 'fixedPoint' and 'identity'; else NaN. One more product with H. */
  readonly residual: Tensor;
  /** Products with H in solving, int32. */
  readonly iterations: Tensor;
  /** False where conjugate gradients met a direction without curvature, and ended there: H is not positive definite. */
  readonly positive: Tensor;
  /** The least p·Hp/|p|² of the directions that 'cg' went along, so at least H's least eigenvalue; else NaN. */
  readonly curvature: Tensor;
}

export interface Hypergradient<X, Y> {
  /** An estimate of d f(x, y*(x)) / dx, like x; zeros at leaves that are not floats. */
  readonly grad: X;
  readonly aux: HypergradientAux<Y>;
}

type Leaves = readonly Tensor[];

/** What a method knows of its aux; the rest is computed, or has the value that means nothing. */
export interface Known {
  readonly value?: Tensor;
  /** ∇ᵧg(x, y) at the y that is returned. */
  readonly slope?: Leaves;
  /** q, a vector [dim y]. */
  readonly q?: Tensor;
  readonly residual?: Tensor;
  readonly iterations?: Tensor;
  readonly positive?: Tensor;
  readonly curvature?: Tensor;
}

/** @throws ArgumentError where values can be looked at, and y or g's gradient is not finite */
export function result<X, Y>(
  owner: string,
  at: Levels<X, Y>,
  gradient: Leaves,
  y: Y,
  from: Known = {},
): Hypergradient<X, Y> {
  const [x, leaves] = [at.x.leaves, at.y.take(y)];
  const value = from.value ?? at.upper(x, leaves);
  const lowerNorm = norm(from.slope ?? at.lowerByY(x, leaves));
  checkFinite(owner, lowerNorm, leaves);
  return {
    grad: at.x.derivative(gradient),
    aux: {
      value,
      y,
      lowerNorm,
      adjoint: at.y.derivative(
        from.q === undefined ? leaves.map((leaf) => leaf.mul(0)) : at.y.unravel(from.q),
      ),
      residual: from.residual ?? scalarLike(NaN, value),
      iterations: from.iterations ?? full([], 0, { dtype: 'int32' }),
      positive: from.positive ?? full([], true, { dtype: 'bool' }),
      curvature: from.curvature ?? scalarLike(NaN, value),
    },
  };
}

/** @throws ArgumentError where |∇ᵧg| can be looked at and is not finite */
export function checkFinite(owner: string, lowerNorm: Tensor, y: Leaves): void {
  const size = known(lowerNorm);
  if (size === undefined || Number.isFinite(size)) return;
  const broken = y.findIndex((leaf) => firstIndex(leaf.isFinite().logicalNot()) !== undefined);
  throw new ArgumentError(
    broken < 0
      ? `${owner}: the norm of lower's gradient by y is ${size} at a finite y; lower has no derivative there, or overflows`
      : `${owner}: y is not finite (float leaf ${broken}); the lower level is unbounded below, or its steps are too long`,
  );
}
