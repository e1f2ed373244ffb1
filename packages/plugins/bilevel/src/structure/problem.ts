import type { Solver } from '@core/registry';
import { check, show } from '@core/registry/checks';
import { ArgumentError, type Tensor, backendInfo, full, random, tensor } from '@core/tensor';
import { checkWeights } from './acyclicity.js';
import { checkOrder, orderFromWeights, type Order } from './orders.js';

/** Samples of a model whose graph is to be found. */
export interface StructureProblem {
  /** [n, d], a row for each sample, float; models have no intercepts, so columns should have mean 0. */
  readonly samples: Tensor;
  /**
   * Where searches over orders start: an order, or the weights [d, d] of a DAG (of another method, say), whose order is taken.
   * Absent: a random order. `orderFromWeights(weights, { onCycle: 'break' })` gives an order of weights with cycles.
   */
  readonly start?: { readonly order: Order | Tensor } | { readonly weights: Tensor };
}

export type StructureSolution = {
  /** [d, d]; the entry (a, b) is the strength of the edge from a to b. */
  readonly weights: Tensor;
  /** int32 [d], an order that the weights agree with, the first node first; of a graph with cycles, that of its strongest edges. */
  readonly order: Tensor;
  /** [rounds + 1], the loss at the start and after each round; of more than 255 rounds, the first 255 and the last. */
  readonly losses: Tensor;
};

/** A search: its steps look at values, and it ends by itself. */
export interface StructureSolver<State, Measure extends string> extends Solver<
  StructureProblem,
  State,
  StructureSolution
> {
  step(
    problem: StructureProblem,
    state: State,
  ): { state: State; measures: Readonly<Record<Measure, number>> };
  finished(problem: StructureProblem, state: State): boolean;
}

/** Where a search starts: by the problem, or at random. */
export function startOrder(owner: string, problem: StructureProblem, nodes: number, key: Tensor): number[] {
  const { start } = problem;
  if (start === undefined) return Array.from(random.permutation(key, nodes).dataSync(), Number);
  if (typeof start === 'object' && start !== null && 'order' in start)
    return checkOrder(`${owner}: start`, start.order, nodes);
  if (typeof start === 'object' && start !== null && 'weights' in start) {
    checkWeights(owner, start.weights, nodes, 'start.weights');
    try {
      return orderFromWeights(start.weights);
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      throw new ArgumentError(
        `${owner}: start.weights must be those of a DAG; ${error.message}, or its order as start: { order }`,
      );
    }
  }
  throw new ArgumentError(`${owner}: start must be { order } or { weights }, got ${show(start)}`);
}

/** @throws ArgumentError unless it is an object with samples */
export function checkStructureProblem(owner: string, problem: unknown): void {
  check(owner, 'problem', problem, {
    words: '{ samples, start? }',
    holds: (value) => typeof value === 'object' && value !== null && 'samples' in value,
  });
}

const doubles = (): 'float64' | 'float32' =>
  backendInfo().dtypes.includes('float64') ? 'float64' : 'float32';

/** Numbers of a state: float64 wherever the backend has it, so that a loss is compared with the one that was kept. */
export function kept(values: number | ArrayLike<number>, shape: readonly number[] = []): Tensor {
  const dtype = doubles();
  if (typeof values === 'number') return full([], values, { dtype });
  return tensor(dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values), {
    shape,
    dtype,
  });
}

/** Places for losses in a state, whose shapes may not grow. */
const places = 257;

/** Losses of a search that has only begun. */
export const firstLosses = (loss: number): Tensor => kept(new Float64Array(places).fill(loss), [places]);

/** Losses with that of the round just done; those of rounds to come are the same. */
export function withLoss(losses: Tensor, round: number, loss: number): Tensor {
  const values = Float64Array.from(losses.dataSync());
  return kept(values.fill(loss, Math.min(round, places - 1)), [places]);
}

/** The losses of the rounds that were done. */
export const lossesUpTo = (losses: Tensor, rounds: number): Tensor =>
  losses.slice([0], [Math.min(rounds + 1, places)]);
