import { show } from '@core/registry/checks';
import { ArgumentError, tensor, type Tensor } from '@core/tensor';
import type { Solver } from '@core/registry';
import { advance, propose } from './bcd.js';
import { prepare, startRun, type Method, type Run } from './method.js';
import { resolveMethod, type BlockMethodOptions } from './options.js';
import { objective, type BlockProblem } from './problem.js';

/** A solve of `blockSolver` as a tree of tensors. */
export type BlockState = {
  /** float64 [p]. */
  readonly x: Tensor;
  /** What the problem keeps beside x, float64. */
  readonly products: Tensor;
  /** int32 scalars: steps so far, and the word of the random generator. */
  readonly iteration: Tensor;
  readonly generator: Tensor;
  /** int32: the order of 'Cyclic' and 'Perm'. */
  readonly order?: Tensor;
  /** float64 [p]: the constants that 'LA' found. */
  readonly estimates?: Tensor;
};

/**
 * `bcd` as a solver of @core/registry: one block moves at each step, and the state is a tree that is saved and goes on to the same
 * bits. Measures: `loss` (f after the step, with the l1 part) and `blockSize`. A step copies the state, O(n + p), which `bcd`
 * does not.
 *
 * @param options as `bcd`'s method: partition, blockSize, selection, update, norm, activeThreshold
 * @throws ArgumentError
 */
export function blockSolver(
  options: BlockMethodOptions = {},
): Solver<BlockProblem, BlockState, { x: Tensor }> {
  const owner = 'blockSolver';
  const resolved = resolveMethod(owner, options);
  const methods = new WeakMap<BlockProblem, Method>();
  const methodFor = (problem: BlockProblem): Method => {
    const known = methods.get(problem);
    if (known !== undefined) return known;
    const made = prepare(owner, problem, resolved);
    methods.set(problem, made);
    return made;
  };
  return {
    init: (problem, key) => {
      const given: unknown = key; // from outside
      if (typeof given !== 'object' || given === null || !('dataSync' in given))
        throw new ArgumentError(`${owner}: key must be made by random.key, got ${show(key)}`);
      const seed = Array.from(key.dataSync(), Number).reduce((mixed, word) => (31 * mixed + word) | 0, 0);
      return stateOf(startRun(methodFor(problem), new Float64Array(problem.size), seed));
    },
    step: (problem, state) => {
      const method = methodFor(problem);
      const run = runOf(problem, state);
      const proposal = propose(method, run);
      advance(method, run, proposal);
      const measures = { loss: objective(problem, run.point), blockSize: proposal.chosen.block.length };
      return { state: stateOf(run), measures };
    },
    solution: (_, { x }) => ({ x: x.mul(1) }), // a tensor of its own, so that the state may be disposed
  };
}

function stateOf({ point, generator, iteration, order, estimates }: Run): BlockState {
  return {
    x: tensor(point.x),
    products: tensor(point.products),
    iteration: tensor(iteration, { dtype: 'int32' }),
    generator: tensor(generator.word, { dtype: 'int32' }),
    ...(order && { order: tensor(order) }),
    ...(estimates && { estimates: tensor(estimates) }),
  };
}

function runOf(problem: BlockProblem, state: BlockState): Run {
  const numbers = (t: Tensor): Float64Array => Float64Array.from(t.dataSync(), Number);
  if (state.x.size !== problem.size)
    throw new ArgumentError(
      `blockSolver: the state is of a problem with ${state.x.size} coordinates, ${problem.name} has ${problem.size}`,
    );
  return {
    point: { x: numbers(state.x), products: numbers(state.products) },
    generator: { word: state.generator.item() },
    iteration: state.iteration.item(),
    ...(state.order && { order: Int32Array.from(state.order.dataSync(), Number) }),
    ...(state.estimates && { estimates: numbers(state.estimates) }),
  };
}
