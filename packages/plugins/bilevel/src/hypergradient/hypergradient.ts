import { full, grad, where, type Tensor, type Tree } from '@core/tensor';
import { levelsOf, type Levels } from '../levels.js';
import { checkProblem, type Batches, type BilevelProblem } from '../problem.js';
import { dot, norm, scalarLike } from '../vectors.js';
import { cgAdjoint, exactAdjoint, fixedPointAdjoint, type Adjoint } from './adjoint.js';
import { checkHypergradientOptions, type HypergradientOptions } from './options.js';
import { lowerSteps } from './unrolled.js';

/** What a hypergradient says besides itself; scalars unless noted. */
export interface HypergradientAux<Y> {
  /** f(x, y), at the y that the gradient is of. */
  readonly value: Tensor;
  /** That y: the given one, or the one after unrolled steps. */
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
}

export interface Hypergradient<X, Y> {
  /** An estimate of d f(x, y*(x)) / dx, like x; zeros at leaves that are not floats. */
  readonly grad: X;
  readonly aux: HypergradientAux<Y>;
}

/**
 * `(x, y, batches?, adjoint?) => { grad, aux }`, the derivative of x ↦ f(x, y*(x)) at a y near y*(x) = argmin g(x, ·):
 *
 *     ∇ₓf - J q,   H q = ∇ᵧf,   H = ∂²g/∂y²,   J = ∂²g/∂x∂y
 *
 * by the method of `options`: H solved exactly, by conjugate gradients, by a Neumann series or its fixed point, replaced by the
 * identity, all of it by finite differences of gradients (darts, sama), or by differentiating steps of the lower level (unroll,
 * truncated), which start at the given y. Only products with H are used, but for 'exact'.
 *
 * `adjoint` is the q of an earlier call, from which 'cg' and 'fixedPoint' go on.
 *
 * The function is traced: it works in `jit`, under `vmap`, and can be differentiated.
 *
 * Sources: Betty (its names and defaults), JAXopt, higher; Pedregosa 2016 (cg), Lorraine et al. 2020 (Neumann), Luketina et al.
 * 2016 (T1-T2), Liu et al. 2019 (DARTS), Choe et al. 2023 (SAMA), Shaban et al. 2019 (truncated).
 *
 * @throws ArgumentError for a problem or options that make no sense; ShapeError for levels that give no scalar
 */
export function hypergradient<X, Y extends Tree, B>(
  problem: BilevelProblem<X, Y, B>,
  options: HypergradientOptions<X, Y>,
): (x: X, y: Y, batches?: Batches<B>, adjoint?: Y) => Hypergradient<X, Y> {
  const owner = 'hypergradient';
  checkProblem(owner, problem);
  checkHypergradientOptions(owner, options);
  return (x, y, batches = {}, adjoint) => {
    const at = levelsOf(owner, problem, x, y, batches);
    switch (options.method) {
      case 'unroll':
      case 'truncated': {
        const { window = options.steps ?? 1 } =
          options.method === 'truncated' ? { window: 1, ...options } : {};
        const run = lowerSteps(owner, problem, { ...innerOf(options), window });
        const f = (leaves: readonly Tensor[]): Tensor => {
          const moved = at.x.build(leaves);
          return at.upper(leaves, at.y.take(run(moved, y, batches)));
        };
        return result(at, at.x.derivative(grad(f)(at.x.leaves)), run(x, y, batches), undefined);
      }
      case 'darts':
      case 'sama':
        return byDifferences(at, y, options);
      default:
        return byAdjoint(at, y, options, adjoint);
    }
  };
}

type Unrolling<X, Y> = Extract<HypergradientOptions<X, Y>, { method: 'unroll' | 'truncated' }>;
type Differences<X, Y> = Extract<HypergradientOptions<X, Y>, { method: 'darts' | 'sama' }>;
type Solved<X, Y> = Exclude<HypergradientOptions<X, Y>, Unrolling<X, Y> | Differences<X, Y>>;

function innerOf<X, Y>({ steps, learningRate, optimizer, checkpoint }: Unrolling<X, Y>) {
  return {
    ...(steps === undefined ? {} : { steps }),
    ...(learningRate === undefined ? {} : { learningRate }),
    ...(optimizer === undefined ? {} : { optimizer }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
}

function byAdjoint<X, Y>(
  at: Levels<X, Y>,
  y: Y,
  options: Solved<X, Y>,
  from: Y | undefined,
): Hypergradient<X, Y> {
  const [x, leaves] = [at.x.leaves, at.y.leaves];
  const [direct, slope] = at.upperGradients(x, leaves);
  const v = at.y.ravel(slope);
  const [, product] = at.lowerHessian(x, leaves);
  const start = from === undefined ? undefined : at.y.ravel(at.y.take(from));
  const solved = solve(product, v, options, start);
  const indirect = at.cross(x, leaves, solved.q);
  const gradient = direct.map((leaf, i) => leaf.sub(indirect[i] ?? leaf));
  const size = norm(v);
  const none = size.equal(0);
  const residual = where(none, 0, norm(product(solved.q).sub(v)).div(where(none, 1, size)));
  return result(at, at.x.derivative(gradient), y, { ...solved, residual });
}

function solve<X, Y>(
  product: (v: Tensor) => Tensor,
  v: Tensor,
  options: Solved<X, Y>,
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

/** J p by [∇ₓg(x, y + e p) - ∇ₓg(x, y - e p)] / 2e with e = R/|p|. Nothing is added to y and taken off again. */
function byDifferences<X, Y>(at: Levels<X, Y>, y: Y, options: Differences<X, Y>): Hypergradient<X, Y> {
  const [x, leaves] = [at.x.leaves, at.y.leaves];
  const [direct, slope] = at.upperGradients(x, leaves);
  const sama = options.method === 'sama';
  const p =
    sama && options.precondition !== undefined
      ? at.y.take(options.precondition(at.y.derivative(slope)))
      : slope;
  const { radius = sama ? 1 : 0.01 } = options;
  const e = norm(p).add(1e-15).reciprocal().mul(radius);
  const moved = (sign: number): readonly Tensor[] =>
    at.lowerByX(
      x,
      leaves.map((leaf, i) => leaf.add((p[i] ?? leaf).mul(e.mul(sign).cast(leaf.dtype)))),
    );
  const [ahead, behind] = [moved(1), moved(-1)];
  const factor = (options.method === 'darts' ? options.learningRate : undefined) ?? 1;
  const scale = e.mul(2).reciprocal().mul(factor);
  const gradient = direct.map((leaf, i) =>
    leaf.sub((ahead[i] ?? leaf).sub(behind[i] ?? leaf).mul(scale.cast(leaf.dtype))),
  );
  return result(at, at.x.derivative(gradient), y, undefined);
}

function result<X, Y>(
  at: Levels<X, Y>,
  gradient: X,
  y: Y,
  solved: (Adjoint & { readonly residual: Tensor }) | undefined,
): Hypergradient<X, Y> {
  const [x, leaves] = [at.x.leaves, at.y.take(y)];
  const value = at.upper(x, leaves);
  const slope = at.lowerByY(x, leaves);
  return {
    grad: gradient,
    aux: {
      value,
      y,
      lowerNorm: dot(slope, slope).sqrt(),
      adjoint: at.y.derivative(
        solved === undefined ? leaves.map((leaf) => leaf.mul(0)) : at.y.unravel(solved.q),
      ),
      residual: solved?.residual ?? scalarLike(NaN, value),
      iterations: solved?.iterations ?? full([], 0, { dtype: 'int32' }),
      positive: solved?.positive ?? full([], true, { dtype: 'bool' }),
    },
  };
}
