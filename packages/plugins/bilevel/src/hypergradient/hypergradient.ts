import { eye, jvp, valueAndGrad, vmap, type Tensor, type Tree } from '@core/tensor';
import { levelsOf, type Levels } from '../levels.js';
import { checkProblem, type Batches, type BilevelProblem } from '../problem.js';
import { byDifferences } from './differences.js';
import { byBarrier, byPenalty } from './firstOrder.js';
import { checkHypergradientOptions, type HypergradientOptions } from './options.js';
import { result, type Hypergradient } from './result.js';
import { bySolving } from './solved.js';
import { lowerSteps } from './unrolled.js';

/**
 * `(x, y, batches?, adjoint?) => { grad, aux }`, the derivative of x ↦ f(x, y*(x)) at a y near y*(x) = argmin g(x, ·):
 *
 *     ∇ₓf - J q,   H q = ∇ᵧf,   H = ∂²g/∂y²,   J = ∂²g/∂x∂y
 *
 * by the method of `options`: H solved exactly, by conjugate gradients, by a Neumann series or its fixed point, replaced by the
 * identity, all of it by finite differences of gradients (darts, sama), by differentiating steps of the lower level (unroll,
 * truncated), which start at the given y, or by first derivatives after such steps (f2sa, bome). Only products with H are used, but for
 * 'exact'.
 *
 * `adjoint` is the q of an earlier call, from which 'cg' and 'fixedPoint' go on.
 *
 * The function is traced: it works in `jit`, under `vmap`, and can be differentiated.
 *
 * Sources: Betty (its names and defaults), JAXopt, higher; Pedregosa 2016 (cg), Lorraine et al. 2020 (Neumann), Luketina et al.
 * 2016 (T1-T2), Liu et al. 2019 (DARTS), Choe et al. 2023 (SAMA), Shaban et al. 2019 (truncated), Franceschi et al. 2017 (forward
 * mode), Kwon et al. 2023 (F2SA), Liu et al. 2022 (BOME).
 *
 * @throws ArgumentError for a problem or options that make no sense; ShapeError for levels that give no scalar; where values can be
 *   looked at (outside of `jit` and `vmap`), ArgumentError for a y or ∇ᵧg that is not finite, and LinalgError where 'cg' meets p·Hp <= 0
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
      case 'truncated':
        return byUnrolling(owner, problem, at, y, batches, options);
      case 'darts':
      case 'sama':
        return byDifferences(owner, at, y, options);
      case 'f2sa':
        return byPenalty(owner, problem, at, y, batches, options);
      case 'bome':
        return byBarrier(owner, problem, at, y, batches, options);
      default:
        return bySolving(owner, at, y, options, adjoint);
    }
  };
}

function byUnrolling<X, Y extends Tree, B>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  at: Levels<X, Y>,
  y: Y,
  batches: Batches<B>,
  options: Extract<HypergradientOptions<X, Y>, { method: 'unroll' | 'truncated' }>,
): Hypergradient<X, Y> {
  const { method, mode = 'reverse', ...inner } = options;
  const window = 'window' in inner ? inner.window : method === 'truncated' ? 1 : undefined;
  const run = lowerSteps(owner, problem, { ...inner, ...(window === undefined ? {} : { window }) });
  const f = (leaves: readonly Tensor[]): [Tensor, Y] => {
    const reached = run(at.x.build(leaves), y, batches);
    return [at.upper(leaves, at.y.take(reached)), reached];
  };
  if (mode === 'forward') {
    const [value, reached] = f(at.x.leaves);
    const along = (v: Tensor): Tensor =>
      jvp((leaves: readonly Tensor[]) => f(leaves)[0], [at.x.leaves], [at.x.unravel(v)])[1];
    const slopes = vmap(along)(eye(at.x.size, at.x.size, { dtype: at.x.dtype }));
    return result(owner, at, at.x.unravel(slopes), reached, { value });
  }
  const [[value, reached], gradient] = valueAndGrad(f, { hasAux: true })(at.x.leaves);
  return result(owner, at, gradient, reached, { value });
}
