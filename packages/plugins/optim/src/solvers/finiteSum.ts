import { atLeastOne, check, functionRule, positive, show } from '@core/registry/checks';
import { ArgumentError, Tensor, full, random, tree, type Tree } from '@core/tensor';
import { leafwise, checkParams } from '../leaves.js';
import { scalarDType } from '../math.js';
import type { Hyperparameter, Schedule } from '../types.js';
import type { IterativeSolver } from '@core/registry/solve';
import { combine, minus, norm, zerosOf } from './vectors.js';

/** What is known of a problem's operators; default step sizes are made from these. */
export interface FiniteSumConstants {
  /** L with (1/n) Σ ‖F_i(u) - F_i(v)‖² <= L ⟨F(u) - F(v), u - v⟩: cocoercive on average, with 1/L. */
  readonly cocoercivity?: number | Tensor;
  /** L with (1/n) Σ ‖F_i(u) - F_i(v)‖² <= L² ‖u - v‖²: Lipschitz on average. */
  readonly lipschitz?: number | Tensor;
  /** The same of the mean operator F alone, which is never larger. Methods that only use F take it where it is given. */
  readonly meanCocoercivity?: number | Tensor;
  readonly meanLipschitz?: number | Tensor;
}

/**
 * Find u with 0 ∈ F(u) + G(u), where F = (1/n) Σ F_i is monotone and G maximally monotone: the minimum of a finite sum
 * (F_i = ∇f_i), a saddle point (F_i = (∇ₓf_i, -∇ᵧf_i)), a variational inequality (G the normal cone of a set).
 *
 * Points are trees of float tensors of one structure. The functions are traced: tensor operations only.
 */
export interface FiniteSum<P extends Tree = Tensor> {
  /** n, the number of components. */
  readonly size: number;
  /** u₀, where solvers start and what Halpern's methods are anchored to. */
  readonly start: P;
  /** F(u), the mean over all components. */
  readonly full: (point: P) => P;
  /** The mean of F_i(u) over `indices`, int32 [b]; they may repeat. */
  readonly batch: (point: P, indices: Tensor) => P;
  /** J_{step G}(u) = (I + step G)⁻¹(u), a projection or proximal map; without it G = 0. */
  readonly resolvent?: (point: P, step: Tensor) => P;
  /** f(u), where F = ∇f; only line searches need it. */
  readonly value?: (point: P) => Tensor;
  readonly constants?: FiniteSumConstants;
}

/**
 * - `oracleCalls`: evaluations of single components so far; F(u) counts n.
 * - `residual`: ‖F(u) + g‖ at the solution u, with the g ∈ G(u) that the resolvent gave (0 at the start). `measure` computes
 *   it exactly, by an evaluation that is not counted. What `step` returns is free, and an estimate where the method has one.
 */
export type FiniteSumMeasure = 'oracleCalls' | 'residual';

export type FiniteSumSolver<P extends Tree, State> = IterativeSolver<
  FiniteSum<P>,
  State,
  P,
  FiniteSumMeasure
>;

/** The part of a state that every solver of finite sums has. */
export type FiniteSumState<P extends Tree> = {
  readonly oracleCalls: Tensor;
  /** u, the solution so far. */
  readonly point: P;
  /** g ∈ G(u), where the problem has a resolvent. */
  readonly normal?: P;
};

/** @throws ArgumentError, TreeError, ShapeError, DTypeError for a problem that is none */
export function checkFiniteSum<P extends Tree>(owner: string, problem: FiniteSum<P>): void {
  if (typeof problem !== 'object' || problem === null)
    throw new ArgumentError(
      `${owner}: the problem must be { size, start, full, batch, … }, got ${show(problem)}`,
    );
  check(owner, 'size', problem.size, atLeastOne);
  checkParams(owner, problem.start);
  if (tree.leaves(problem.start).every((leaf) => leaf.size === 0))
    throw new ArgumentError(`${owner}: start has no elements; there is nothing to solve for`);
  check(owner, 'full', problem.full, functionRule);
  check(owner, 'batch', problem.batch, functionRule);
  for (const name of ['resolvent', 'value'] as const)
    if (problem[name] !== undefined) check(owner, name, problem[name], functionRule);
  for (const [name, value] of Object.entries({ ...problem.constants } as Readonly<Record<string, unknown>>))
    if (value !== undefined && !(value instanceof Tensor && value.ndim === 0))
      check(owner, name, value, { ...positive, words: `${positive.words}, or a scalar tensor` });
}

/** F(u), which must be like u. */
export function fullOperator<P extends Tree>(owner: string, problem: FiniteSum<P>, point: P): P {
  const value = problem.full(point);
  leafwise(owner, point, { 'full(point)': value }, [], () => ({}));
  return value;
}

/** The mean of F_i(u) over the indices, which must be like u. */
export function batchOperator<P extends Tree>(
  owner: string,
  problem: FiniteSum<P>,
  point: P,
  indices: Tensor,
): P {
  const value = problem.batch(point, indices);
  leafwise(owner, point, { 'batch(point, indices)': value }, [], () => ({}));
  return value;
}

/** u, and where there is a resolvent the element of G(u) that it gave. */
export interface Resolved<P extends Tree> {
  readonly point: P;
  readonly normal?: P;
}

/** u = J_{step G}(y), and the element (y - u) / step of G(u). */
export function resolve<P extends Tree>(problem: FiniteSum<P>, y: P, step: Tensor): Resolved<P> {
  if (problem.resolvent === undefined) return { point: y };
  const point = problem.resolvent(y, step);
  return { point, normal: combine([step.reciprocal(), minus(y, point)]) };
}

/** At the start no element of G is known; 0 stands in, which is one where G is the normal cone of a set that u₀ lies inside of. */
export function normalAtStart<P extends Tree>(problem: FiniteSum<P>): { readonly normal?: P } {
  return problem.resolvent === undefined ? {} : { normal: zerosOf(problem.start) };
}

/** ‖F(u) + g‖ for a value of F(u), exact or estimated. */
export function residualNorm(value: Tree, normal: Tree | undefined): Tensor {
  return norm(normal === undefined ? value : combine([1, value], [1, normal]));
}

/** The exact measures of a state. */
export function measureState<P extends Tree>(
  owner: string,
  problem: FiniteSum<P>,
  state: FiniteSumState<P>,
): Readonly<Record<FiniteSumMeasure, Tensor>> {
  return {
    oracleCalls: state.oracleCalls,
    residual: residualNorm(fullOperator(owner, problem, state.point), state.normal),
  };
}

/** `count` indices, uniform with replacement. */
export function drawIndices(key: Tensor, problem: { readonly size: number }, count: number): Tensor {
  return random.randint(key, [count], 0, problem.size);
}

/** True with the probability. */
export function coin(key: Tensor, probability: Tensor): Tensor {
  return random.uniform(key, [], { dtype: scalarDType() as 'float32' | 'float64' }).less(probability);
}

export function calls(count: number): Tensor {
  return full([], count, { dtype: scalarDType() });
}

/** The schedule numerator / (min(k, most) + offset). */
export function harmonic(numerator: number, offset: number, most = Infinity): Schedule {
  return (count) =>
    typeof count === 'number'
      ? numerator / (Math.min(count, most) + offset)
      : count.cast(scalarDType()).minimum(most).add(offset).reciprocal().mul(numerator);
}

/**
 * The option, or `factor` over the first constant that the problem gives.
 *
 * @throws ArgumentError where it gives none
 */
export function rateOf(
  owner: string,
  name: string,
  option: Hyperparameter | undefined,
  problem: { readonly constants?: FiniteSumConstants },
  factor: number,
  constants: readonly (keyof FiniteSumConstants)[],
): Hyperparameter {
  if (option !== undefined) return option;
  for (const constant of constants) {
    const l = problem.constants?.[constant];
    if (l !== undefined) return typeof l === 'number' ? factor / l : l.reciprocal().mul(factor);
  }
  throw new ArgumentError(
    `${owner}: ${name} is missing, and the problem's constants have no ${constants.join(' or ')} to take it from`,
  );
}
