import type { Tensor, Tree } from '@core/tensor';
import type { HyperparameterReader, HyperparameterState } from '../hyperparameters.js';
import {
  calls,
  checkFiniteSum,
  measureState,
  normalAtStart,
  type FiniteSum,
  type FiniteSumSolver,
  type FiniteSumState,
  type Resolved,
} from './finiteSum.js';
import { copy } from './vectors.js';

/** The whole state of a method: what every solver keeps, its numbers, and what is its own. */
export type MethodState<P extends Tree, K extends string, Own> = FiniteSumState<P> &
  HyperparameterState<K> &
  Own;

/** What a method is beside what all of them do. */
export interface FiniteSumMethod<P extends Tree, K extends string, Own> {
  /** The method's numbers for a problem, from whose constants defaults are made. */
  readonly numbersFor: (problem: FiniteSum<P>) => HyperparameterReader<K>;
  /** Its own part of the state at u₀, and the calls that this took. */
  readonly start: (
    problem: FiniteSum<P>,
    point: P,
    key: Tensor,
  ) => { readonly own: Own; readonly spent: number };
  readonly step: (
    problem: FiniteSum<P>,
    state: MethodState<P, K, Own>,
    numbers: Readonly<Record<K, Tensor>>,
  ) => {
    /** The next u, and the element of G(u) there. */
    readonly resolved: Resolved<P>;
    readonly own: Own;
    /** Calls of this step. */
    readonly spent: number | Tensor;
    /** ‖F + g‖ with what the step had at hand. */
    readonly residual: Tensor;
  };
}

/** A solver of finite sums: it checks problems, counts calls and keeps the point, and the method does the rest. */
export function finiteSumSolver<P extends Tree, K extends string, Own>(
  owner: string,
  { numbersFor, start, step }: FiniteSumMethod<P, K, Own>,
): FiniteSumSolver<P, MethodState<P, K, Own>> {
  return {
    init: (problem, key) => {
      checkFiniteSum(owner, problem);
      const point = copy(problem.start);
      const { own, spent } = start(problem, point, key);
      return {
        ...numbersFor(problem).init(),
        oracleCalls: calls(spent),
        ...normalAtStart(problem),
        point,
        ...own,
      };
    },
    step: (problem, state) => {
      const numbers = numbersFor(problem);
      const { resolved, own, spent, residual } = step(problem, state, numbers.read(state));
      const oracleCalls = state.oracleCalls.add(spent);
      return {
        state: { ...numbers.advance(state), oracleCalls, ...resolved, ...own },
        measures: { oracleCalls, residual },
      };
    },
    measure: (problem, state) => measureState(owner, problem, state),
    solution: (_, state) => state.point,
  };
}
