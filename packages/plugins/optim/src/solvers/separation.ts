import { show } from '@core/registry/checks';
import { ArgumentError, DTypeError, ShapeError, Tensor, isFloat, zeros } from '@core/tensor';
import { scalarDType } from '../math.js';
import type { IterativeSolver } from '@core/registry/solve';

/**
 * Find θ with y_i a_iᵀ θ > 0 for every example: a separating hyperplane through the origin. For one with a bias append a
 * constant feature, which changes the radius and the margin.
 */
export interface Separation {
  /** a, [n, d], float. */
  readonly features: Tensor;
  /** y, [n], of the features' dtype: 1 or -1. Their values are not checked, they may be traced. */
  readonly labels: Tensor;
  /** θ₀, [d]. Default 0, which is never separated. */
  readonly start?: Tensor;
}

/**
 * - `loss`: (1/n) Σ log(1 + exp(-y_i a_iᵀ θ)). Large steps make it large long before they separate; it says nothing of how far
 *   θ is from doing so.
 * - `gradientNorm`: that loss's.
 * - `accuracy`: the share of examples with y_i a_iᵀ θ > 0.
 * - `separated`: whether these are all, as a boolean: `solve(…, { until: ({ separated }) => separated })` counts updates until
 *   then, looking before each.
 */
export type SeparationMeasure = 'loss' | 'gradientNorm' | 'accuracy' | 'separated';

export type SeparationSolver<State> = IterativeSolver<Separation, State, Tensor, SeparationMeasure>;

/** @throws ArgumentError, ShapeError, DTypeError for a problem that is none */
export function checkSeparation(owner: string, problem: Separation): void {
  if (typeof problem !== 'object' || problem === null)
    throw new ArgumentError(`${owner}: the problem must be { features, labels }, got ${show(problem)}`);
  const { features, labels, start } = problem;
  for (const [name, x] of Object.entries({ features, labels, ...(start === undefined ? {} : { start }) })) {
    if (!(x instanceof Tensor)) throw new ArgumentError(`${owner}: ${name} must be a tensor, got ${show(x)}`);
    if (!isFloat(x.dtype) || x.dtype !== features.dtype)
      throw new DTypeError(
        `${owner}: features, labels and start must be of one float dtype; ${name} is ${show(x)}`,
      );
  }
  const [n = 0, d = 0] = features.shape;
  if (features.ndim !== 2 || n === 0 || d === 0)
    throw new ShapeError(
      `${owner}: features must be [n, d] with at least one of each, got ${show(features)}`,
    );
  if (labels.shape.join() !== String(n))
    throw new ShapeError(
      `${owner}: labels must be [${n}], one for each row of features, got ${show(labels)}`,
    );
  if (start !== undefined && start.shape.join() !== String(d))
    throw new ShapeError(`${owner}: start must be [${d}], one for each feature, got ${show(start)}`);
}

export function startOf({ features, start }: Separation): Tensor {
  return start?.mul(1) ?? zeros([features.shape[1] ?? 0], { dtype: features.dtype });
}

/** m_i = y_i a_iᵀ θ, [n]. */
export function marginsOf({ features, labels }: Separation, theta: Tensor): Tensor {
  return features.matmul(theta.expandDims(1)).squeeze(-1).mul(labels);
}

/** Σ w_i y_i a_i for weights [n]. */
export function weighted({ features, labels }: Separation, weights: Tensor): Tensor {
  return features.transpose().matmul(weights.mul(labels).expandDims(1)).squeeze(-1);
}

/**
 * Whether every example is on its side, strictly: a boolean scalar.
 *
 * @param theta [d]
 */
export function separated(problem: Separation, theta: Tensor): Tensor {
  return marginsOf(problem, theta).greater(0).all();
}

export function measureSeparation(
  problem: Separation,
  theta: Tensor,
): Readonly<Record<SeparationMeasure, Tensor>> {
  const margins = marginsOf(problem, theta);
  const dtype = scalarDType();
  return {
    loss: margins.neg().softplus().mean().cast(dtype),
    gradientNorm: weighted(problem, margins.neg().sigmoid())
      .square()
      .sum()
      .sqrt()
      .div(problem.features.shape[0] ?? 1)
      .cast(dtype),
    accuracy: margins.greater(0).cast(dtype).mean(),
    separated: margins.greater(0).all(),
  };
}
