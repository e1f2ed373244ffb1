import { atLeastOne, positive, wholeNumber } from '@core/registry/checks';
import { tensor, type Tensor } from '@core/tensor';
import { acyclicity, acyclicityType, type AcyclicityType } from './acyclicity.js';
import { candidatePairs, type Pair } from './candidates.js';
import { orderTensor, orderToMask, type Order } from './orders.js';
import { firstLosses, kept, withLoss } from './problem.js';

/* What the linear and the nonlinear search share: options, state, and which pairs a round tries. */

export interface TopoOptions {
  /** How many of the pairs with the least values are tried at first, ties included; 1 … d (d - 1)/2. Default 100, or all pairs. */
  readonly sizeSmall?: number;
  /** The same for a large search, once a small one finds nothing. Default 400, or all pairs. */
  readonly sizeLarge?: number;
  /** Large searches that may succeed. Default 1. */
  readonly largeSearches?: number;
  /** The function whose slopes choose pairs. Default 'logdet'. */
  readonly acyclicity?: AcyclicityType;
  /** s of 'logdet', greater than 0. Default 1. */
  readonly scale?: number;
}

export const topoRules = {
  sizeSmall: atLeastOne,
  sizeLarge: atLeastOne,
  largeSearches: wholeNumber,
  acyclicity: acyclicityType,
  scale: positive,
};

/** What a state of TOPO has, whatever the model. */
export type TopoState = {
  /** int32 [d] */
  readonly order: Tensor;
  readonly loss: Tensor;
  /** By round, as `StructureSolution` has them, with the last one repeated. */
  readonly losses: Tensor;
  /** Counts so far: rounds, trials, columns that were fitted, and large searches that succeeded. */
  readonly rounds: Tensor;
  readonly trials: Tensor;
  readonly regressions: Tensor;
  readonly largeSearches: Tensor;
  /** Whether no exchange that may be tried lowers the loss. */
  readonly done: Tensor;
};

/** `swaps` are those of the step, the other counts those so far. */
export type TopoMeasure = 'loss' | 'swaps' | 'trials' | 'regressions';

/** What an attempt found: an order, and the swaps that led there. */
export interface Improvement {
  readonly order: Order;
  readonly loss: number;
  readonly swaps: number;
}

/** Of a loss, what a trial must gain. Less is rounding, by which two orders with the same score would take turns. */
export const leastGain = (loss: Tensor): number => (loss.dtype === 'float64' ? 1e-12 : 1e-6);

/** The positions of a pair, the earlier first. */
export function positionsOf(order: Order, [i, j]: Pair): [first: number, last: number] {
  const [a, b] = [order.indexOf(i), order.indexOf(j)];
  return [Math.min(a, b), Math.max(a, b)];
}

export function newTopoState(order: Order, loss: number): TopoState {
  return {
    order: orderTensor(order),
    loss: kept(loss),
    losses: firstLosses(loss),
    rounds: kept(0),
    trials: kept(0),
    regressions: kept(order.length),
    largeSearches: kept(0),
    done: tensor(false),
  };
}

/**
 * One round: the small set of candidates, and where it has nothing, the rest of the large one. `attempt` tries pairs, counts what it
 * does, and gives what it found.
 */
export function searchRound<Found extends Improvement>(
  state: TopoState,
  { sizeSmall, sizeLarge, largeSearches = 1, acyclicity: type = 'logdet', scale = 1 }: TopoOptions,
  weights: Tensor,
  attempt: (
    order: Order,
    pairs: readonly Pair[],
    count: (trials: number, columns: number) => void,
  ) => Found | undefined,
): {
  readonly state: TopoState;
  readonly found: Found | undefined;
  readonly measures: Readonly<Record<TopoMeasure, number>>;
} {
  // prettier-ignore
  const order = Array.from(state.order.dataSync(), Number);
  const all = (order.length * (order.length - 1)) / 2;
  const { grad } = acyclicity(weights, { type, scale });
  const [few, many] = [sizeSmall ?? Math.min(100, all), sizeLarge ?? Math.min(400, all)];
  const { small, large } = candidatePairs(grad, orderToMask(order), few, many);
  let [trials, regressions] = [number(state.trials), number(state.regressions)];
  const count = (more: number, columns: number): void => {
    trials += more;
    regressions += columns;
  };
  let found = attempt(order, small, count);
  const larger = found === undefined && number(state.largeSearches) < largeSearches;
  if (larger) found = attempt(order, large.slice(small.length), count);
  const rounds = number(state.rounds) + (found === undefined ? 0 : 1);
  const loss = found?.loss ?? number(state.loss);
  return {
    found,
    state: {
      order: orderTensor(found?.order ?? order),
      loss: kept(loss),
      losses: found === undefined ? state.losses.mul(1) : withLoss(state.losses, rounds, loss),
      rounds: kept(rounds),
      trials: kept(trials),
      regressions: kept(regressions),
      largeSearches: kept(number(state.largeSearches) + (larger && found !== undefined ? 1 : 0)),
      done: tensor(found === undefined),
    },
    measures: { loss, swaps: found?.swaps ?? 0, trials, regressions },
  };
}

export const number = (scalar: Tensor): number => Number(scalar.item());
