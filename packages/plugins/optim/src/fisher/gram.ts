import type { Rule } from '@core/registry/checks';
import { Tensor, eye, full, isFloat, linalg, where } from '@core/tensor';
import { ranges } from '../hyperparameters.js';
import { scalarDType } from '../math.js';

/** δ of a function that is called now: there is no step count that a schedule could be of. */
export const dampingRule: Rule = {
  words: `${ranges.damping.words} or a scalar tensor`,
  holds: (value) =>
    value instanceof Tensor ? value.ndim === 0 && isFloat(value.dtype) : ranges.damping.holds(value),
};

export function dampingScalar(damping: number | Tensor): Tensor {
  return damping instanceof Tensor
    ? damping.cast(scalarDType())
    : full([], damping, { dtype: scalarDType() });
}

/** Distance from 1 to the next number, of the dtypes that scalars have. */
const spacing = { float32: 2 ** -23, float64: 2 ** -52 };

/**
 * The lower triangular L with L Lᵀ = P + m δ I, for Gram matrices P [..., m, m] of m gradients.
 *
 * This is the elimination that M-FAC makes of P / δ + m I, without pivots as well: its scalars s_i are the squares of L's
 * diagonal over δ, its rows D those of Lᵀ. Two cares are taken. Where m δ is below the rounding of P it has no digits in the
 * sum, and that rounding stands in for it, so that the matrix stays positive definite. A Gram matrix with NaN or infinities
 * is left out, and `finite` says so: the caller answers with NaN, as other optimizers do.
 */
export function factorGram(dots: Tensor, damping: Tensor): { factor: Tensor; finite: Tensor } {
  const m = dots.shape.at(-1) ?? 0;
  const finite = dots.isFinite().all([-2, -1], { keepDims: true });
  const kept = where(finite, dots, 0);
  const rounding = kept
    .diagonal({ axis1: -2, axis2: -1 })
    .max(-1)
    .mul(m * (dots.dtype === 'float32' ? spacing.float32 : spacing.float64));
  const ridge = damping.mul(m).maximum(rounding).expandDims([-1, -2]);
  return { factor: linalg.cholesky(kept.add(eye(m, m, { dtype: dots.dtype }).mul(ridge))), finite };
}

/** (P + m δ I)⁻¹ b for vectors b [m]; NaN where P was not finite. */
export function solveGram(dots: Tensor, damping: Tensor, b: Tensor): Tensor {
  const { factor, finite } = factorGram(dots, damping);
  const column = b.expandDims(-1);
  const half = linalg.triangularSolve(factor, column);
  const whole = linalg.triangularSolve(factor, half, { transpose: true });
  return where(finite, whole, NaN).squeeze(-1);
}
