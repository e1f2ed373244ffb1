import { check, finite, nonNegative } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import type { MatrixLike, VectorLike } from '../columns.js';
import type { BlockProblem, Proximal } from '../problem.js';
import { leastSquares } from './linear.js';

/**
 * A smooth problem with l1 Σᵢ |xᵢ| added. Solved with the updates 'Lb' and 'LA', which threshold after a gradient step.
 *
 * @param l1 λ, at least 0
 * @throws ArgumentError
 */
export function l1Regularized(problem: BlockProblem, l1: number): BlockProblem {
  check('l1Regularized', 'l1', l1, nonNegative);
  const proximal: Proximal = {
    kind: 'l1',
    apply: (value, step) => Math.sign(value) * Math.max(0, Math.abs(value) - step * l1),
    penalty: (value) => l1 * Math.abs(value),
  };
  return { ...smooth('l1Regularized', problem), name: `${problem.name} + l1`, proximal };
}

/**
 * A smooth problem with the bound x ≥ 0 and l1 Σᵢ xᵢ added, which is smooth there and so part of f and its gradient. Solved
 * with the updates 'Lb-NN', 'TMP-NN' and 'qp-NN'.
 *
 * @param l1 λ, any finite number; 0 for the bound alone
 * @throws ArgumentError
 */
export function nonNegativeL1(problem: BlockProblem, l1: number): BlockProblem {
  check('nonNegativeL1', 'l1', l1, finite);
  return {
    ...smooth('nonNegativeL1', problem),
    name: `${problem.name}, x ≥ 0`,
    value: (point) => problem.value(point) + l1 * point.x.reduce((sum, x) => sum + x, 0),
    gradient: (point, block) => problem.gradient(point, block).map((g) => g + l1),
    proximal: { kind: 'nonNegative', apply: (value) => Math.max(0, value), penalty: () => 0 },
  };
}

/** Least squares with x ≥ 0 and l1 Σᵢ xᵢ: f(x) = ½ ‖A x - b‖² + l1 Σᵢ xᵢ. See `leastSquares` and `nonNegativeL1`. */
export function nnLassoLS(A: MatrixLike, b: VectorLike, l1: number): BlockProblem {
  return nonNegativeL1(leastSquares(A, b), l1);
}

/** The problem without what is for quadratics alone: message passing would not see what was added. */
function smooth(owner: string, problem: BlockProblem): BlockProblem {
  if (problem.proximal !== undefined)
    throw new ArgumentError(`${owner}: ${problem.name} has a part that is not smooth already`);
  const { quadratic: _, ...rest } = problem;
  return rest;
}
