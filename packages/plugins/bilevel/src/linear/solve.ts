import { atLeastOne, nonNegative, oneOf, type Rule } from '@core/registry/checks';
import { eye, linalg, vmap, type Tensor } from '@core/tensor';
import { biconjugateGradient } from './biconjugateGradient.js';
import { conjugateGradient } from './conjugateGradient.js';
import { minimalResidual } from './minimalResidual.js';

/** How linear systems are solved. `lu` and `cholesky` write the matrix down, [n, n]; the others only multiply by it. */
export type LinearMethod = 'normalCg' | 'cg' | 'gmres' | 'bicgstab' | 'lu' | 'cholesky';

export const linearMethods: readonly LinearMethod[] = [
  'normalCg',
  'cg',
  'gmres',
  'bicgstab',
  'lu',
  'cholesky',
];

/** The defaults are those of JAXopt and of the solvers of `jax.scipy` that it calls. */
export interface LinearSolveOptions {
  /**
   * Default 'normalCg', conjugate gradients on AᵀA, for any regular A. 'cg' and 'cholesky' want A symmetric and positive definite.
   */
  readonly solve?: LinearMethod;
  /** Adds ridge · I to A; with 'normalCg' to AᵀA. At least 0. Default 0. */
  readonly ridge?: number;
  /** Iterative methods end at |r| <= tolerance |b|. Default 1e-5. */
  readonly tolerance?: number;
  /** The most iterations. Default 10 n. */
  readonly maxIterations?: number;
  /** Products between restarts of 'gmres'. Default 20. */
  readonly restart?: number;
}

export const linearRules: Readonly<Record<keyof LinearSolveOptions, Rule>> = {
  solve: oneOf(...linearMethods),
  ridge: nonNegative,
  tolerance: nonNegative,
  maxIterations: atLeastOne,
  restart: atLeastOne,
};

/** The solution q of A q = b, for A given by its products and its transpose's; vectors [n]. Iterative methods go on from `start`. */
export function linearSolve(
  product: (v: Tensor) => Tensor,
  transposed: (v: Tensor) => Tensor,
  b: Tensor,
  options: LinearSolveOptions & { readonly start?: Tensor | undefined } = {},
): Tensor {
  const { solve = 'normalCg', ridge = 0, tolerance = 1e-5, restart = 20, start } = options;
  const iterations = options.maxIterations ?? 10 * b.size;
  const withRidge = (f: (v: Tensor) => Tensor) =>
    ridge === 0 ? f : (v: Tensor): Tensor => f(v).add(v.mul(ridge));
  const a = withRidge(product);
  switch (solve) {
    case 'normalCg': {
      const square = withRidge((v) => transposed(product(v)));
      return conjugateGradient(square, transposed(b), { iterations, tolerance, start }).solution;
    }
    case 'cg':
      return conjugateGradient(a, b, { iterations, tolerance, start }).solution;
    case 'gmres':
      return minimalResidual(a, b, { iterations, tolerance, restart, start });
    case 'bicgstab':
      return biconjugateGradient(a, b, { iterations, tolerance, start });
    case 'lu':
      return linalg.solve(matrixOf(a, b), b);
    case 'cholesky': {
      const factor = linalg.cholesky(matrixOf(a, b));
      return linalg.triangularSolve(factor, linalg.triangularSolve(factor, b), { transpose: true });
    }
  }
}

/** The matrix [n, n] of a linear function of vectors. */
export function matrixOf(product: (v: Tensor) => Tensor, like: Tensor): Tensor {
  return vmap(product)(eye(like.size, like.size, { dtype: like.dtype })).T;
}
