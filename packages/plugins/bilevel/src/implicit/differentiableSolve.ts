import { customVjp, type Tensor } from '@core/tensor';
import { linearSolve, type LinearSolveOptions } from '../linear/solve.js';
import { pull } from './pull.js';

/** A matrix A(p) on vectors [n] by its products. All that the products depend on must be in p. */
export interface LinearOperator<P> {
  readonly product: (params: P, v: Tensor) => Tensor;
  readonly transposed: (params: P, v: Tensor) => Tensor;
}

/**
 * q(p, b) = A(p)⁻¹ b, differentiable to any order in both modes, whatever iteration finds it: with λ = A⁻ᵀ q̄,
 *
 *     b̄ = λ,   p̄ = -(∂ A(p) q / ∂p)ᵀ λ
 *
 * `start` is where the iteration for q starts; that for λ starts at 0.
 */
export function differentiableSolve<P>(
  operator: LinearOperator<P>,
  options: LinearSolveOptions,
  start?: Tensor,
): (params: P, b: Tensor) => Tensor {
  const transpose: LinearOperator<P> = { product: operator.transposed, transposed: operator.product };
  const solveWith: (params: P, b: Tensor) => Tensor = customVjp(
    (params: P, b: Tensor): Tensor =>
      linearSolve(
        (v) => operator.product(params, v),
        (v) => operator.transposed(params, v),
        b,
        { ...options, start },
      ),
    (params: P, b: Tensor) => {
      // Through the rule itself, so that derivatives of the residuals follow it too.
      const q = solveWith(params, b);
      return [q, { params, q }] as const;
    },
    ({ params, q }: { params: P; q: Tensor }, cotangent: Tensor) => {
      const multiplier = differentiableSolve(transpose, options)(params, cotangent);
      return [pull((p: P) => operator.product(p, q), params, multiplier.neg()), multiplier];
    },
  );
  return solveWith;
}
