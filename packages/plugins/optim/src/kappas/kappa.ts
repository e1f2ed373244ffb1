import { positive, type Rule } from '@core/registry/checks';
import { Tensor, isFloat } from '@core/tensor';

/**
 * A convex function K for Lion-K, with K(-x) = K(x) and its least value at 0. Functions of one tensor: a leaf, or with
 * `scope: 'tree'` all leaves in one vector.
 *
 * With decoupled decay λ, Lion-K minimises f(x) + K*(λ x)/λ. Where K* is infinite is outside a constraint.
 */
export interface Kappa {
  readonly name: string;
  /** K(x), a scalar. */
  readonly value: (x: Tensor) => Tensor;
  /** The subgradient that steps follow, of x's shape; 0 at 0. */
  readonly gradient: (x: Tensor) => Tensor;
  /** K*(y) = sup ⟨x, y⟩ - K(x), a scalar; Infinity outside its domain, which is taken a rounding (1e-9) too large. */
  readonly conjugate: (y: Tensor) => Tensor;
  /** The nearest point where K* is finite, of y's shape; absent where it has no short form. */
  readonly project?: (y: Tensor) => Tensor;
}

/** A number of a K: greater than 0, or a scalar tensor, which may be traced. */
export const amount: Rule = {
  words: `${positive.words} or a scalar tensor`,
  holds: (value) =>
    value instanceof Tensor ? value.ndim === 0 && isFloat(value.dtype) : positive.holds(value),
};

/** The number in the dtype of x, so that it does not widen it. */
export function like(x: Tensor, value: number | Tensor): number | Tensor {
  return value instanceof Tensor ? value.cast(x.dtype) : value;
}

/** Iterates come to an active constraint from outside and never cross it: this far off is on it. */
export function slack(x: Tensor): number {
  return x.dtype === 'float64' ? 1e-9 : 1e-6;
}

/** x over its largest size, and that size: norms of it neither overflow nor vanish. */
export function scaled(x: Tensor): { unit: Tensor; size: Tensor } {
  const size = x.size === 0 ? x.sum() : x.stopGradient().abs().max();
  return { unit: x.div(size.add(size.equal(0).cast(x.dtype))), size };
}
