import { atLeastOne, check, show } from '@core/registry/checks';
import { ShapeError, matmul, type Tensor } from '@core/tensor';
import { root } from '../math.js';

/** Keller Jordan's: the steepest slope at 0 among quintics that keep [0, 1] near 1. */
const [a, b, c] = [3.4445, -4.775, 2.0315];

/**
 * The matrix with x' singular vectors and singular values near 1, by Newton-Schulz iteration: with X ← x / ‖x‖,
 *
 *     A = X Xᵀ,   X ← a X + (b A + c A²) X           a, b, c = 3.4445, -4.775, 2.0315
 *
 * These numbers do not converge to 1: after five steps singular values lie between 0.68 and 1.21, and lower where they were
 * below 0.002 ‖x‖ (‖·‖ is Frobenius'). The smaller of X Xᵀ and Xᵀ X is formed, and from X as it lies.
 *
 * Shapes: [..., m, n], each matrix on its own.
 * Cost: steps · (4 n² m + 2 n³) multiplications and additions for the smaller side n.
 * Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon, KellerJordan/Muon muon.py, which iterates in
 * bfloat16; here in x' dtype.
 *
 * @throws ShapeError for less than two axes; ArgumentError for steps that are no whole number of at least 1
 */
export function orthogonalize(x: Tensor, steps = 5): Tensor {
  check('orthogonalize', 'steps', steps, atLeastOne);
  if (x.ndim < 2) throw new ShapeError(`orthogonalize: needs a matrix or a stack of them, got ${show(x)}`);
  const tall = (x.shape.at(-2) ?? 0) > (x.shape.at(-1) ?? 0);
  let y = x.div(root(x.square().sum([-2, -1], { keepDims: true })).add(1e-7));
  for (let step = 0; step < steps; step++) {
    const product = tall ? matmul(y, y, { transposeA: true }) : matmul(y, y, { transposeB: true });
    const factor = product.mul(b).add(matmul(product, product).mul(c));
    y = y.mul(a).add(tall ? matmul(y, factor) : matmul(factor, y));
  }
  return y;
}
