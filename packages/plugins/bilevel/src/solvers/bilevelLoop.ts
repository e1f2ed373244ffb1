import {
  check,
  checkOptions,
  flag,
  oneOf as among,
  optimizerRule,
  positive,
  scalar,
  wholeNumber,
} from '@core/registry/checks';
import type { Optimizer } from '@core/registry';
import type { Tensor, Tree } from '@core/tensor';
import { coordinates } from '../coordinates.js';
import { hypergradient } from '../hypergradient/hypergradient.js';
import { checkHypergradientOptions, type HypergradientOptions } from '../hypergradient/options.js';
import { stepPreconditioner } from '../hypergradient/preconditioner.js';
import { startOf } from '../problem.js';
import { copy, norm, zerosOf } from '../vectors.js';
import { lowerDescent, lowerStep } from './lowerDescent.js';
import { calls, draw, infeasibility, measureState, mover, nextKey, project, solutionOf, type BilevelSolver, type BilevelState } from './shared.js'; // prettier-ignore

export interface BilevelLoopOptions<X = unknown, Y = unknown> {
  /** How the hypergradient is found. Default `{ method: 'darts' }`, Betty's. Unrolled methods make their steps after the inner ones. */
  readonly hypergradient?: HypergradientOptions<X, Y>;
  /** Steps of the lower level before each hypergradient. At least 0. Default 1, Betty's `unroll_steps`. */
  readonly innerSteps?: number;
  /** Rate of gradient descent at the lower level. Greater than 0. Required with inner steps, unless there is an `innerOptimizer`. */
  readonly innerLearningRate?: number | Tensor;
  readonly innerOptimizer?: Optimizer;
  /** Rate of gradient descent at the upper level. Greater than 0. Required without an `outerOptimizer`. */
  readonly outerLearningRate?: number | Tensor;
  readonly outerOptimizer?: Optimizer;
  /** Goes on from the last y, inner optimizer state and adjoint. Otherwise each step begins at the start's y. Default true. */
  readonly warmStart?: boolean;
  /**
   * P of 'sama': 'innerStep', the derivative of the last inner step by its gradient, which needs an `innerOptimizer` and inner steps, or
   * 'method', what the hypergradient's options say. Default 'method'.
   */
  readonly precondition?: 'method' | 'innerStep';
}

export type BilevelLoopState<X extends Tree = Tensor, Y extends Tree = Tensor> = BilevelState<X, Y> & {
  readonly inner: Tree;
  readonly outer: Tree;
  /** The last solution of Hq = ∇ᵧf, where 'cg' and 'fixedPoint' go on. */
  readonly adjoint: Y;
};

/**
 * The usual loop: some steps of the lower level, a hypergradient by any method, a step of the upper level.
 *
 * Sources: Betty, higher; both levels by any optimizer of any package.
 *
 * @throws ArgumentError for options, or a problem without a start; `measure`, where values can be looked at, also for a y that is not
 *   finite, and by 'cg' a LinalgError where the lower level is not strongly convex (see `hypergradient`)
 */
export function bilevelLoop<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  options: BilevelLoopOptions<X, Y>,
): BilevelSolver<X, Y, B, BilevelLoopState<X, Y>> {
  const owner = 'bilevelLoop';
  checkOptions(owner, options, {
    hypergradient: { words: 'an object with a method', holds: (value) => typeof value === 'object' },
    innerSteps: wholeNumber,
    innerLearningRate: scalar(positive),
    innerOptimizer: optimizerRule,
    outerLearningRate: scalar(positive),
    outerOptimizer: optimizerRule,
    warmStart: flag,
    precondition: among('method', 'innerStep'),
  });
  const { innerSteps = 1, warmStart = true, innerOptimizer } = options;
  const method: HypergradientOptions<X, Y> = options.hypergradient ?? { method: 'darts' };
  checkHypergradientOptions(owner, method);
  const oneOf = (level: string, rate: unknown, optimizer: unknown): void => {
    check(owner, `${level}LearningRate or ${level}Optimizer`, [rate, optimizer], {
      words: 'given, and not both',
      holds: () => (rate === undefined) !== (optimizer === undefined),
    });
  };
  if (innerSteps > 0) oneOf('inner', options.innerLearningRate, options.innerOptimizer);
  oneOf('outer', options.outerLearningRate, options.outerOptimizer);
  const below = mover(options.innerLearningRate, options.innerOptimizer);
  const above = mover(options.outerLearningRate, options.outerOptimizer);
  const byStep = options.precondition === 'innerStep';
  check(owner, 'precondition', options.precondition, {
    words: "'innerStep' only with method 'sama', an innerOptimizer and inner steps",
    holds: () => !byStep || (method.method === 'sama' && innerOptimizer !== undefined && innerSteps > 0),
  });
  return {
    init: (problem, key) => {
      const { x, y } = startOf(owner, problem);
      return {
        x: copy(x),
        y: copy(y),
        key,
        oracleCalls: calls(0),
        inner: below.init(y),
        outer: above.init(x),
        adjoint: zerosOf(y),
      };
    },
    step: (problem, state) => {
      const [key, now] = nextKey(problem, state.key);
      const [lowerKey, upperKey] = nextKey(problem, now);
      const start = warmStart ? undefined : startOf(owner, problem).y;
      const from = {
        y: start ?? state.y,
        state: start === undefined ? state.inner : below.init(start),
        key: lowerKey,
      };
      // The last step by itself where its derivative is wanted.
      const before = lowerDescent(owner, problem, state.x, from, below, byStep ? innerSteps - 1 : innerSteps);
      const last = byStep ? lowerStep(owner, problem, state.x, before, below) : undefined;
      const inner = last?.next ?? before;
      const by: typeof method =
        last === undefined || innerOptimizer === undefined || method.method !== 'sama'
          ? method
          : {
              ...method,
              precondition: stepPreconditioner(innerOptimizer, {
                gradient: last.slope,
                state: before.state,
                params: before.y,
              }),
            };
      const { grad, aux } = hypergradient(problem, by)(
        state.x,
        inner.y,
        draw(problem, upperKey),
        warmStart ? state.adjoint : undefined,
      );
      const outer = above.move(state.x, grad, state.outer);
      const x = project(problem.projections?.x, outer.value);
      const y = project(problem.projections?.y, aux.y); // unrolled steps and nudges do not look at sets
      const at = coordinates(owner, 'x', state.x);
      const counted = innerSteps + callsOf(method, at.size);
      const oracleCalls = state.oracleCalls.add(counted).add(aux.iterations);
      return {
        state: {
          x,
          y,
          key,
          oracleCalls,
          inner: inner.state,
          outer: outer.state,
          adjoint: aux.adjoint,
        },
        measures: {
          oracleCalls,
          stationarity: norm(at.take(grad)),
          lowerNorm: aux.lowerNorm,
          infeasibility: infeasibility(owner, problem, x, y),
        },
      };
    },
    measure: (problem, state) =>
      measureState(owner, problem, state, method.method === 'cg' ? (method.indefinite ?? 'throw') : 'stop'),
    solution: solutionOf,
  };
}

/** Gradients and products of a hypergradient, besides what solving counts. */
function callsOf<X, Y>(method: HypergradientOptions<X, Y>, dimension: number): number {
  switch (method.method) {
    case 'darts':
    case 'sama':
      return 4;
    case 'unroll':
    case 'truncated': {
      // A gradient a step, and on the way back two products, or a product for each direction of x on the way there.
      const { steps = 1, mode = 'reverse' } = method;
      const window = method.method === 'truncated' ? (method.window ?? 1) : steps;
      return 3 + steps + window * (mode === 'reverse' ? 2 : dimension);
    }
    case 'f2sa':
      return 3 + 3 * (method.steps ?? 1);
    case 'bome':
      return 3 + (method.steps ?? 10);
    default:
      return 3;
  }
}
