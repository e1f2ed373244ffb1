import { linalg } from '@core/tensor';
import { levelsOf } from '../levels.js';
import { matrixOf } from '../linear/solve.js';
import { checkProblem, type Batches, type BilevelProblem } from '../problem.js';

/**
 * ∇ₓf - J H⁺ ∇ᵧf with the pseudoinverse of H = ∂²g/∂y²: the hypergradient where the minimisers of g(x, ·) are a manifold and y is the
 * one that f prefers. H is written down, [dim y, dim y]: for tests and small problems.
 *
 * Source: Kwon et al. 2024 (arXiv:2309.01753).
 *
 * @throws ArgumentError for a problem that is none
 */
export function hypergradientPinv<X, Y, B>(
  problem: BilevelProblem<X, Y, B>,
): (x: X, y: Y, batches?: Batches<B>) => X {
  const owner = 'hypergradientPinv';
  checkProblem(owner, problem);
  return (x, y, batches = {}) => {
    const at = levelsOf(owner, problem, x, y, batches);
    const [xs, ys] = [at.x.leaves, at.y.leaves];
    const [direct, slope] = at.upperGradients(xs, ys);
    const v = at.y.ravel(slope);
    const q = linalg.pinv(matrixOf(at.lowerHessian(xs, ys)[1], v)).matmul(v);
    const indirect = at.cross(xs, ys, q);
    return at.x.derivative(direct.map((leaf, i) => leaf.sub(indirect[i] ?? leaf)));
  };
}
