import { where, type Tensor, type Tree } from '@core/tensor';
import type { Levels } from '../levels.js';
import type { Batches, BilevelProblem } from '../problem.js';
import { combine, dot } from '../vectors.js';
import type { HypergradientOptions } from './options.js';
import { result, type Hypergradient } from './result.js';
import { lowerSteps } from './unrolled.js';

type Leaves = readonly Tensor[];

/**
 * F2SA's: with z after T steps of g from y, and y_λ after T steps of g + f/λ,
 *
 *     ∇ₓf(x, y_λ) + λ (∇ₓg(x, y_λ) - ∇ₓg(x, z))
 *
 * λ (z - y_λ) tends to q, and is the adjoint.
 */
export function byPenalty<X, Y extends Tree, B>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  at: Levels<X, Y>,
  y: Y,
  batches: Batches<B>,
  options: Extract<HypergradientOptions<X, Y>, { method: 'f2sa' }>,
): Hypergradient<X, Y> {
  const { method: _method, lambda = 100, ...inner } = options;
  const x = at.x.leaves;
  const whole = at.x.build(x);
  const penalised = (a: X, b: Y): Tensor => {
    const f = problem.upper(a, b, batches.upper);
    return problem
      .lower(a, b, batches.lower)
      .add(f.div(typeof lambda === 'number' ? lambda : lambda.cast(f.dtype)));
  };
  const lower = (a: X, b: Y): Tensor => problem.lower(a, b, batches.lower);
  const reach = (level: (a: X, b: Y) => Tensor): Leaves =>
    at.y.take(lowerSteps<X, Y, undefined>(owner, { upper: level, lower: level }, inner)(whole, y, {}));
  const [z, yLambda] = [reach(lower), reach(penalised)];
  const gap = combine([1, at.lowerByX(x, yLambda)], [-1, at.lowerByX(x, z)]);
  const gradient = combine([1, at.upperGradients(x, yLambda)[0]], [lambda, gap]);
  const q = at.y.ravel(combine([lambda, combine([1, z], [-1, yLambda])]));
  return result(owner, at, gradient, at.y.build(z), { q });
}

/**
 * BOME's direction at (x, y): ∇f + λ ∇q with q(x, y) = g(x, y) - g(x, y_T), y_T = `reached` held, and
 *
 *     λ = max(0, (η |∇q|² - ∇f·∇q) / |∇q|²)
 */
export function barrierDirection<X, Y>(
  at: Levels<X, Y>,
  reached: Leaves,
  eta: number | Tensor,
): { readonly direction: readonly [Leaves, Leaves]; readonly slope: Leaves } {
  const [xs, ys] = [at.x.leaves, at.y.leaves];
  const upper = at.upperGradients(xs, ys);
  const [byX, slope] = at.lowerGradients(xs, ys);
  const q = [combine([1, byX], [-1, at.lowerByX(xs, reached)]), slope] as const;
  const square = dot(q, q);
  const none = square.equal(0);
  const pull = square
    .mul(eta)
    .sub(dot(upper, q))
    .div(where(none, 1, square))
    .maximum(0);
  return { direction: combine([1, upper], [where(none, 0, pull), q]), slope };
}

export function byBarrier<X, Y extends Tree, B>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  at: Levels<X, Y>,
  y: Y,
  batches: Batches<B>,
  options: Extract<HypergradientOptions<X, Y>, { method: 'bome' }>,
): Hypergradient<X, Y> {
  const { method: _method, eta = 0.5, lowerRate = 0, steps = 10, ...inner } = options;
  const by = inner.optimizer === undefined ? { learningRate: 0.1, ...inner } : inner;
  const reached = lowerSteps(owner, problem, { ...by, steps })(at.x.build(at.x.leaves), y, batches);
  const { direction, slope } = barrierDirection(at, at.y.take(reached), eta);
  if (lowerRate === 0) return result(owner, at, direction[0], y, { slope });
  const rate = typeof lowerRate === 'number' ? -lowerRate : lowerRate.neg();
  return result(owner, at, direction[0], at.y.build(combine([1, at.y.leaves], [rate, direction[1]])));
}
