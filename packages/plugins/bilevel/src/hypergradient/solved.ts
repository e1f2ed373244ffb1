import { LinalgError, where, type Tensor } from '@core/tensor';
import { known } from '../known.js';
import type { Levels } from '../levels.js';
import { norm } from '../vectors.js';
import { cgAdjoint, exactAdjoint, fixedPointAdjoint, type Adjoint } from './adjoint.js';
import type { HypergradientOptions } from './options.js';
import { checkFinite, result, type Hypergradient } from './result.js';

type Solved = Extract<
  HypergradientOptions,
  { method: 'exact' | 'cg' | 'neumann' | 'fixedPoint' | 'identity' }
>;

/**
 * ∇ₓf - J q with H q = ∇ᵧf.
 *
 * @throws LinalgError where 'cg' fails for want of curvature, and values can be looked at
 */
export function bySolving<X, Y>(
  owner: string,
  at: Levels<X, Y>,
  y: Y,
  options: Solved,
  from: Y | undefined,
): Hypergradient<X, Y> {
  const [x, leaves] = [at.x.leaves, at.y.leaves];
  const [direct, upperSlope] = at.upperGradients(x, leaves);
  const v = at.y.ravel(upperSlope);
  const [slope, product] = at.lowerHessian(x, leaves);
  const start = from === undefined ? undefined : at.y.ravel(at.y.take(from));
  const solved = solve(product, v, options, start);
  const indirect = at.cross(x, leaves, solved.q);
  const gradient = direct.map((leaf, i) => leaf.sub(indirect[i] ?? leaf));
  const size = norm(v);
  const none = size.equal(0);
  const residual = where(none, 0, norm(product(solved.q).sub(v)).div(where(none, 1, size)));
  checkFinite(owner, norm(slope), leaves);
  if (options.method === 'cg' && options.indefinite !== 'stop') checkDefinite(owner, solved, residual);
  return result(owner, at, gradient, y, { ...solved, slope, residual });
}

function solve(
  product: (v: Tensor) => Tensor,
  v: Tensor,
  options: Solved,
  start: Tensor | undefined,
): Adjoint {
  switch (options.method) {
    case 'exact':
      return exactAdjoint(product, v);
    case 'cg': {
      const { iterations = 1, tolerance = 1e-12 } = options;
      return cgAdjoint(product, v, { iterations, tolerance, start });
    }
    case 'neumann':
    case 'fixedPoint': {
      const { iterations = 1, alpha = 1 } = options;
      // A series starts at its first term; only the fixed point goes on from elsewhere.
      return fixedPointAdjoint(product, v, {
        iterations,
        alpha,
        start: options.method === 'neumann' ? undefined : start,
      });
    }
    case 'identity':
      return fixedPointAdjoint(product, v, { iterations: 0, alpha: options.alpha ?? 1 });
  }
}

/**
 * The residual, over |v|, at which a direction without curvature no longer matters: then it is one of rounding, met after the system
 * was solved as well as the dtype allows.
 */
export function solvedTo(dtype: string): number {
  return dtype === 'float64' ? 1e-8 : 1e-3;
}

function checkDefinite(
  owner: string,
  { q, positive, curvature, iterations }: Adjoint,
  residual: Tensor,
): void {
  if (known(positive) !== 0) return;
  const left = known(residual) ?? 0;
  if (left <= solvedTo(q.dtype)) return;
  throw new LinalgError(
    `${owner}: conjugate gradients met a direction p with p·Hp = ${known(curvature)} |p|² in iteration ${known(iterations)}, where ` +
      `the residual was ${left} of |∇ᵧf|: the lower level is not strongly convex at this y. Give it a ridge, use 'neumann' with a small ` +
      "alpha or an unrolled method, or take what was found so far with indefinite: 'stop'",
  );
}
