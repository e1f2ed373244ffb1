import { show } from '@core/registry/checks';
import { ShapeError, linalg, where, type Tensor } from '@core/tensor';
import { slack, type Kappa } from './kappa.js';

/**
 * The sum of the singular values (nuclear norm) of a matrix: steps U Vᵀ, as Muon's. Minimises f where no singular value of
 * x is greater than 1/λ. K* = 0. Tensors of more axes are matrices [first, rest].
 *
 * A singular value decomposition for each step: O(n m min(n, m)).
 * Source: Chen, Li & Liu 2025, "Muon optimizes under spectral norm constraints" (arXiv:2506.15054), an instance of
 * Chen et al. 2023.
 *
 * @throws ShapeError, when it is used, for scalars and vectors: give those another optimizer, with `partition`
 */
export function spectral(): Kappa {
  const factors = (x: Tensor): [u: Tensor, s: Tensor, vt: Tensor] => {
    if (x.ndim < 2)
      throw new ShapeError(
        `spectral: needs matrices, two axes or more, got ${show(x)}; give vectors another optimizer with partition`,
      );
    return linalg.svd(x.reshape([x.shape[0] ?? 0, x.shape.slice(1).reduce((a, b) => a * b, 1)]));
  };
  const join = (x: Tensor, [u, s, vt]: readonly [Tensor, Tensor, Tensor]): Tensor =>
    u.mul(s).matmul(vt).reshape(x.shape);
  return {
    name: 'spectral',
    value: (x) => factors(x)[1].sum(),
    gradient: (x) => {
      const [u, s, vt] = factors(x);
      // Directions that only rounding gave to x are none.
      const least = s.max(-1, { keepDims: true }).mul(x.dtype === 'float64' ? 1e-14 : 1e-6);
      return join(x, [u, where(s.lessEqual(least), 0, s.mul(0).add(1)), vt]);
    },
    conjugate: (y) => {
      const inside = factors(y)[1].lessEqual(1 + slack(y)).all(); // prettier-ignore
      return where(inside, y.mul(0).sum(), Infinity);
    },
    project: (y) => {
      const [u, s, vt] = factors(y);
      return join(y, [u, s.minimum(1), vt]);
    },
  };
}
