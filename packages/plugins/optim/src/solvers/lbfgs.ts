import { atLeastOne, checkOptions, oneOf, show } from '@core/registry/checks';
import {
  ArgumentError,
  ShapeError,
  concat,
  cond,
  full,
  tree,
  zeros,
  type Tensor,
  type Tree,
} from '@core/tensor';
import { hyper } from '../checks.js';
import {
  hyperparameters,
  ranges,
  type HyperparameterReader,
  type HyperparameterState,
} from '../hyperparameters.js';
import { scalarDType } from '../math.js';
import type { Hyperparameter } from '../types.js';
import {
  calls,
  checkFiniteSum,
  fullOperator,
  type FiniteSum,
  type FiniteSumSolver,
  type FiniteSumState,
} from './finiteSum.js';
import { lineSearch, type LinePoint } from './lineSearch.js';
import { combine, copy, dot, minus, norm } from './vectors.js';

export interface LbfgsOptions {
  /** m, pairs of differences that are kept. Default 10, as in SciPy and optax. */
  readonly memory?: number;
  /** The strong Wolfe conditions, or only Armijo's (sufficient decrease). Default 'wolfe'. */
  readonly lineSearch?: 'wolfe' | 'armijo';
  /** c₁ of the sufficient decrease. In [0, 1). Default 1e-4. */
  readonly sufficientDecrease?: Hyperparameter;
  /** c₂ of Wolfe's curvature condition, greater than c₁. In [0, 1). Default 0.9. */
  readonly curvature?: Hyperparameter;
  /** The most evaluations of one line search. Default 20. */
  readonly maxEvaluations?: number;
}

type Numbers = 'sufficientDecrease' | 'curvature';

export type LbfgsState<P extends Tree = Tensor> = FiniteSumState<P> &
  HyperparameterState<Numbers> & {
    readonly value: Tensor;
    readonly gradient: P;
    /** s = u - u before, and y = ∇f - ∇f before, the newest last: leaves [m, ...]. */
    readonly steps: P;
    readonly changes: P;
    /** ρ = 1/(s · y), [m]; 0 where there is no pair yet. */
    readonly rho: Tensor;
    /** γ = s · y / y · y of the newest pair, the Hessian's inverse to begin with. */
    readonly scale: Tensor;
  };

/**
 * L-BFGS: the direction of a Newton step by an inverse Hessian that m pairs of differences describe, and a line search.
 *
 *     d = -H ∇f(u) by the two-loop recursion,   u ← u + t d           n calls for each trial t
 *
 * The first trial is t = 1 (min(1, 1/‖∇f‖) without pairs). A pair without curvature is not kept. Where a line search finds
 * nothing, the pairs are forgotten, and a solve that stands still has reached the precision of f. Needs the problem's `value`
 * and no resolvent; takes no learning rate.
 *
 * State: 2 m + 2 points.
 * Source: Nocedal & Wright 2006, algorithm 7.4, with (7.20) as the first matrix; the line search's conditions are (3.7).
 *
 * @throws ArgumentError for options, or a problem without `value` or with a resolvent
 */
export function lbfgs<P extends Tree = Tensor>(
  options: LbfgsOptions = {},
): FiniteSumSolver<P, LbfgsState<P>> {
  const owner = 'lbfgs';
  checkOptions(owner, options, {
    memory: atLeastOne,
    lineSearch: oneOf('wolfe', 'armijo'),
    sufficientDecrease: hyper(ranges.sufficientDecrease),
    curvature: hyper(ranges.curvature),
    maxEvaluations: atLeastOne,
  });
  const { memory = 10, maxEvaluations = 20, lineSearch: conditions = 'wolfe' } = options;
  const { sufficientDecrease = 1e-4, curvature = 0.9 } = options;
  const numbers: HyperparameterReader<Numbers> = hyperparameters(owner, { sufficientDecrease, curvature });
  return {
    init: (problem) => {
      checkFiniteSum(owner, problem);
      if (problem.resolvent !== undefined)
        throw new ArgumentError(
          `${owner}: takes no resolvent; use svrg, saga or halpernCocoercive for composite problems`,
        );
      const point = copy(problem.start);
      const rows = (): P =>
        tree.map((leaf: Tensor) => zeros([memory, ...leaf.shape], { dtype: leaf.dtype }), point);
      return {
        ...numbers.init(),
        oracleCalls: calls(problem.size),
        point,
        value: valueAt(owner, problem, point).cast(scalarDType()),
        gradient: fullOperator(owner, problem, point),
        steps: rows(),
        changes: rows(),
        rho: zeros([memory], { dtype: scalarDType() }),
        scale: full([], 1, { dtype: scalarDType() }),
      };
    },
    step: (problem, state) => {
      const h = numbers.read(state);
      const direction = twoLoops(state, memory);
      const fresh = state.rho.equal(0).all().cast(scalarDType());
      // min(1, 1/‖g‖) without pairs, 1 with them
      const first = norm(state.gradient).maximum(1).reciprocal().sub(1).mul(fresh).add(1);
      const origin: LinePoint<P> = {
        t: zeros([], { dtype: scalarDType() }),
        value: state.value,
        slope: dot(direction, state.gradient),
        gradient: state.gradient,
      };
      const rounding = tree.leaves(state.point).some((leaf) => leaf.dtype === 'float32')
        ? 2 ** -22
        : 2 ** -51;
      const { accepted, success, evaluations } = lineSearch(
        origin,
        first,
        (t) => {
          const point = combine([1, state.point], [t, direction]);
          const gradient = fullOperator(owner, problem, point);
          const value = valueAt(owner, problem, point).cast(scalarDType());
          return { t, value, slope: dot(direction, gradient), gradient };
        },
        {
          sufficientDecrease: h.sufficientDecrease,
          curvature: conditions === 'wolfe' ? h.curvature : undefined,
          maxEvaluations,
          slack: state.value.abs().mul(rounding),
        },
      );
      const moved = combine([accepted.t, direction]);
      const oracleCalls = state.oracleCalls.add(evaluations.cast(scalarDType()).mul(problem.size));
      return {
        state: {
          ...numbers.advance(state),
          oracleCalls,
          point: combine([1, state.point], [1, moved]),
          value: accepted.value,
          gradient: accepted.gradient,
          ...remember(state, moved, minus(accepted.gradient, state.gradient), success),
        },
        measures: { oracleCalls, residual: norm(accepted.gradient) },
      };
    },
    measure: (_, state) => ({ oracleCalls: state.oracleCalls, residual: norm(state.gradient) }),
    solution: (_, state) => state.point,
  };
}

function valueAt<P extends Tree>(owner: string, problem: FiniteSum<P>, point: P): Tensor {
  if (problem.value === undefined)
    throw new ArgumentError(
      `${owner}: the problem has no value; a line search needs f itself, not only its gradient`,
    );
  const value = problem.value(point);
  if (value.ndim !== 0) throw new ShapeError(`${owner}: value(point) must be a scalar, got ${show(value)}`);
  return value;
}

type Pairs<P extends Tree> = Pick<LbfgsState<P>, 'steps' | 'changes' | 'rho' | 'scale'>;

/** -H g. Pairs that are not there yet have ρ = 0 and change nothing. */
function twoLoops<P extends Tree>(state: Pairs<P> & { readonly gradient: P }, memory: number): P {
  const pair = (i: number): { s: P; y: P; rho: Tensor } => ({
    s: tree.map((rows: Tensor) => rows.slice([i], [i + 1]).squeeze(0), state.steps),
    y: tree.map((rows: Tensor) => rows.slice([i], [i + 1]).squeeze(0), state.changes),
    rho: state.rho.slice([i], [i + 1]).squeeze(0),
  });
  const pairs = Array.from({ length: memory }, (_, i) => pair(i));
  let q = state.gradient;
  const alphas = pairs.map(() => state.scale);
  for (let i = memory - 1; i >= 0; i--) {
    const { s, y, rho } = pairs[i]!; // i < memory
    const alpha = rho.mul(dot(s, q));
    alphas[i] = alpha;
    q = combine([1, q], [alpha.neg(), y]);
  }
  let r = combine([state.scale, q]);
  pairs.forEach(({ s, y, rho }, i) => {
    const beta = rho.mul(dot(y, r));
    r = combine([1, r], [alphas[i]!.sub(beta), s]); // one α for each pair
  });
  return combine([-1, r]);
}

function remember<P extends Tree>(state: Pairs<P>, s: P, y: P, success: Tensor): Pairs<P> {
  const push = (rows: Tensor, row: Tensor): Tensor => concat([rows.slice([1]), row.expandDims(0)], 0);
  const [sy, yy] = [dot(s, y), dot(y, y)];
  const { steps, changes, rho, scale } = state;
  const kept: Pairs<P> = { steps, changes, rho, scale };
  return cond(
    success,
    () =>
      cond(
        sy.greater(yy.mul(2 ** -52)),
        (): Pairs<P> => ({
          steps: tree.map(push, steps, s),
          changes: tree.map(push, changes, y),
          rho: push(rho, sy.reciprocal()),
          scale: sy.div(yy),
        }),
        () => kept,
      ),
    () => ({ ...kept, rho: rho.mul(0), scale: scale.mul(0).add(1) }),
  );
}
