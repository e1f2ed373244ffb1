import type { Optimizer } from '@core/registry';
import type { IterativeSolver } from '@core/registry/solve';
import { backendInfo, full, random, tree, where, zeros, type Tensor, type Tree } from '@core/tensor';
import { bySolving, solvedTo } from '../hypergradient/solved.js';
import { levelsOf } from '../levels.js';
import {
  constraintValues,
  type Batches,
  type BilevelProblem,
  type Point,
  type Samplers,
} from '../problem.js';
import { copy, norm } from '../vectors.js';

/**
 * - `oracleCalls`: gradients of f and g and products with second derivatives of g so far, each counted once whatever its batch.
 * - `stationarity`: the norm of the hypergradient. `measure` takes that of the whole problem at (x, y), by conjugate gradients,
 *   for which H must be positive definite: NaN where they meet a direction without curvature before they are done. `step` has the
 *   norm of the direction that x went along.
 * - `lowerNorm`: |∇ᵧg(x, y)|.
 * - `infeasibility`: the largest violation of the constraints, 0 without any.
 */
export type BilevelMeasure = 'oracleCalls' | 'stationarity' | 'lowerNorm' | 'infeasibility';

export type Measures = Readonly<Record<BilevelMeasure, Tensor>>;

export type BilevelSolver<X extends Tree, Y extends Tree, B, State> = IterativeSolver<
  BilevelProblem<X, Y, B>,
  State,
  Point<X, Y>,
  BilevelMeasure
>;

/** The part of a state that every solver has. */
export type BilevelState<X extends Tree = Tensor, Y extends Tree = Tensor> = {
  readonly x: X;
  readonly y: Y;
  /** For the next batches. */
  readonly key: Tensor;
  readonly oracleCalls: Tensor;
};

/** Counts are float64 wherever the backend has it. */
export function calls(count: number): Tensor {
  const dtype = backendInfo().dtypes.includes('float64') ? 'float64' : 'float32';
  return full([], count, { dtype });
}

/** A batch of each level; none where the problem has no sampler for it. */
export function draw<B>(problem: { readonly samplers?: Samplers<B> }, key: Tensor): Batches<B> {
  const { upper, lower } = problem.samplers ?? {};
  return {
    ...(upper === undefined ? {} : { upper: upper(random.foldIn(key, 0)) }),
    ...(lower === undefined ? {} : { lower: lower(random.foldIn(key, 1)) }),
  };
}

/** The next state's key, and one to use now. A problem without samplers draws nothing, and its key stays. */
export function nextKey<B>(
  { samplers }: { readonly samplers?: Samplers<B> },
  key: Tensor,
): readonly [Tensor, Tensor] {
  if (samplers?.upper === undefined && samplers?.lower === undefined) return [copy(key), key];
  return [random.foldIn(key, 0), random.foldIn(key, 1)];
}

export function project<T>(projection: ((value: T) => T) | undefined, value: T): T {
  return projection === undefined ? value : projection(value);
}

export function infeasibility<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  x: X,
  y: Y,
): Tensor {
  if (problem.constraints === undefined) return zeros([]);
  const value = constraintValues(owner, problem, x, y);
  return (problem.constraints.equality === true ? value.abs() : value.maximum(0)).max();
}

/** Products with H at most, in measuring. */
const mostProducts = 200;

/**
 * The measures of a state.
 *
 * @throws where values can be looked at: ArgumentError for a y that is not finite, and with `indefinite` 'throw' LinalgError where H is
 *   not positive definite, which otherwise, and in compiled code, is a stationarity of NaN
 */
export function measureState<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  state: BilevelState<X, Y>,
  indefinite: 'throw' | 'stop' = 'stop',
): Measures {
  const at = levelsOf(owner, problem, state.x, state.y);
  const iterations = Math.min(mostProducts, 2 * at.y.size);
  const options = { method: 'cg', iterations, tolerance: 1e-10, indefinite } as const;
  const { grad, aux } = bySolving(owner, at, state.y, options, undefined);
  const size = norm(at.x.take(grad));
  const solved = aux.positive.logicalOr(aux.residual.lessEqual(solvedTo(aux.residual.dtype)));
  return {
    oracleCalls: state.oracleCalls,
    stationarity: where(solved, size, NaN),
    lowerNorm: aux.lowerNorm,
    infeasibility: infeasibility(owner, problem, state.x, state.y),
  };
}

export const solutionOf = <X extends Tree, Y extends Tree>(
  _: unknown,
  { x, y }: BilevelState<X, Y>,
): Point<X, Y> => ({ x, y });

/** How a variable moves along a gradient: by gradient descent, or by an optimizer. */
export interface Mover {
  readonly init: <T extends Tree>(value: T) => Tree;
  readonly move: <T extends Tree>(
    value: T,
    gradient: T,
    state: Tree,
  ) => { readonly value: T; readonly state: Tree };
}

export function mover(rate: number | Tensor | undefined, optimizer: Optimizer | undefined): Mover {
  if (optimizer === undefined)
    return {
      init: () => ({}),
      move: (value, gradient, state) => ({
        value: tree.map(
          (leaf: Tensor, slope: Tensor) => leaf.sub(slope.mul(typeof rate === 'number' ? rate : (rate ?? 1))),
          value,
          gradient,
        ),
        state,
      }),
    };
  return {
    init: (value) => optimizer.init(value),
    move: (value, gradient, before) => {
      const { updates, state } = optimizer.update(gradient, before, value);
      return { value: tree.map((leaf: Tensor, update: Tensor) => leaf.add(update), value, updates), state };
    },
  };
}
