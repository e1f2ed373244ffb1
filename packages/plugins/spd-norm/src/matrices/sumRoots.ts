import { customVjp, linalg, type Tensor } from '@core/tensor';
import { eigenOf, type Eigen } from './spectral.js';
import { asColumn, asRow, congruence, symmetrize } from './support.js';

type SumRoot = (g: Tensor, eigen: Eigen, v: Tensor) => Tensor;

/** rᵢⱼ = √(2 (gᵢ + gⱼ)). */
const rootsOf = (values: Tensor): Tensor => asRow(values).add(asColumn(values)).mul(2).sqrt();

/**
 * The map that multiplies a symmetric v, in the basis of the SPD matrix g [n, n], by a function h of rᵢⱼ = √(2 (gᵢ + gⱼ)):
 * r itself, or 1 / r. Parallel transport between g and the identity in the Bures-Wasserstein geometry is made of these.
 *
 * `quotient(rᵢⱼ, rₖⱼ)` is (h(rᵢⱼ) - h(rₖⱼ)) / (gᵢ - gₖ). With P_ikj = Σ over the stack of Yᵢⱼ Vₖⱼ, the cotangent of g is
 * 2 sym(A), A_ik = Σⱼ quotient_ikj P_ikj: no gap of eigenvalues is divided by. Second derivatives in g are exact where its
 * eigenvalues differ, and finite elsewhere.
 */
function sumRoot(
  h: (roots: Tensor) => Tensor,
  quotient: (a: Tensor, b: Tensor) => Tensor,
): (g: Tensor, v: Tensor) => Tensor {
  const self: SumRoot = customVjp(
    (_g: Tensor, { values, vectors }: Eigen, v: Tensor) => inBasisOf(vectors, v, h(rootsOf(values))),
    (g: Tensor, eigen: Eigen, v: Tensor) => [self(g, eigen, v), { g, eigen, v }],
    ({ g, eigen, v }, cotangent) => {
      const y = symmetrize(cotangent);
      const [values, vectors] = linalg.eigh(g);
      const turn = (x: Tensor): Tensor => vectors.matmul(x, { transposeA: true }).matmul(vectors);
      // [N, i, j] and [N, k, j] to [j, i, k].
      const pairs = turn(y)
        .transpose([2, 1, 0])
        .matmul(turn(v).transpose([2, 0, 1]));
      const roots = rootsOf(values);
      const core = quotient(roots.expandDims(2), roots.expandDims(1)).mul(pairs).sum(0);
      return [congruence(vectors, core).mul(2), null, self(g, eigen, y)];
    },
  );
  return (g, v) => {
    const stack = v.reshape([-1, ...v.shape.slice(-2)]);
    return self(g, eigenOf(g), symmetrize(stack)).reshape(v.shape);
  };
}

function inBasisOf(vectors: Tensor, v: Tensor, factor: Tensor): Tensor {
  return congruence(vectors, vectors.matmul(v, { transposeA: true }).matmul(vectors).mul(factor));
}

/** v times √(2 (gᵢ + gⱼ)) in the basis of g; v [..., n, n]. */
export const timesSumRoot = sumRoot(
  (r) => r,
  (a, b) => a.add(b).reciprocal().mul(2),
);

/** v over √(2 (gᵢ + gⱼ)) in the basis of g. */
export const overSumRoot = sumRoot(
  (r) => r.reciprocal(),
  (a, b) => a.add(b).mul(a).mul(b).reciprocal().mul(-2),
);
