import { atLeastOne, finite, nonNegative, wholeNumber, type Rule } from '@core/registry/checks';
import { ArgumentError, tensor, type Tensor } from '@core/tensor';
import { vectorOf, type VectorLike } from './columns.js';
import { partOf, prepare, startRun, type Chosen, type Method, type Run } from './method.js';
import { resolveMethod, type BlockMethodOptions } from './options.js';
import { objective, proximalGradient, supportOf, type BlockProblem } from './problem.js';
import { select } from './select.js';
import { updateOf } from './update.js';

export interface BcdOptions extends BlockMethodOptions {
  /** Default 500. */
  readonly maxIterations?: number;
  /**
   * Ends when f - optimum is at most this, or, without an optimum, when the largest entry of the gradient (with a bound or l1:
   * Lᵢ |xᵢ - prox(xᵢ - gᵢ / Lᵢ)|) is. Greedy rules know it at every step, the others look once a sweep. 0 goes on to
   * maxIterations. Default 1e-8.
   */
  readonly tolerance?: number;
  /** f at a solution, where it is known. */
  readonly optimum?: number;
  /** A whole number, for random rules. Default 0. */
  readonly seed?: number;
  /** x at first, [p]. Default zeros. */
  readonly start?: VectorLike;
  /**
   * Iterations between two values of f in `losses`: one costs O(n), which can be more than a step on a small block. Default 1.
   */
  readonly recordEvery?: number;
}

export interface BcdResult {
  /** float64 [p]. */
  readonly x: Tensor;
  /** f (with the l1 part) at first, after every `recordEvery` iterations, and at the end. */
  readonly losses: readonly number[];
  /** The block of each iteration, ascending. */
  readonly blocks: readonly Int32Array[];
  /** Coordinates that are not 0, one list for each of `losses`, for problems with a bound or l1; else empty. */
  readonly supports: readonly Int32Array[];
  readonly iterations: number;
  /** Whether tolerance was reached. */
  readonly converged: boolean;
}

const ownRules: Readonly<Record<string, Rule>> = {
  maxIterations: wholeNumber,
  tolerance: nonNegative,
  optimum: finite,
  seed: wholeNumber,
  start: { words: 'a vector', holds: (value) => typeof value === 'object' && value !== null },
  recordEvery: atLeastOne,
};

/**
 * Block coordinate descent: at every iteration one block of coordinates moves. Three choices make a method: how blocks are formed
 * (`partition`), which one moves (`selection`) and by what step (`update`). Runs on the host in float64; a step costs what the
 * block's columns hold (O(b² n) with a block's bound, which fixed blocks compute once), greedy rules O(|A|) more for the gradient
 * (on quadratics nothing: it is kept).
 *
 * ```ts
 * const { x, losses } = bcd(blockProblems.leastSquares(A, b), { selection: 'GSD', update: 'Hb' });
 * ```
 *
 * Source: Nutini, Laradji & Schmidt, "Let's Make Block Coordinate Descent Converge Faster", JMLR 2022 (arXiv 1712.08859), and
 * its code, IssamLaradji/BlockCoordinateDescent. Unlike the code, greedy scores of fixed blocks use the 2-norm (`norm: 1` is the
 * code's), eigenvalues come from a symmetric solver, 'Perm' draws an order for each sweep, and the last block of a sweep may be
 * shorter where it would be left out.
 *
 * @throws ArgumentError, ShapeError; LinalgError where message passing meets a singular block
 */
export function bcd(problem: BlockProblem, options: BcdOptions = {}): BcdResult {
  const method = prepare('bcd', problem, resolveMethod('bcd', options, ownRules));
  const { maxIterations = 500, tolerance = 1e-8, optimum, seed = 0, start, recordEvery = 1 } = options;
  const x =
    start === undefined ? new Float64Array(problem.size) : vectorOf('bcd', 'start', start, problem.size);
  if (problem.proximal?.kind === 'nonNegative' && x.some((value) => value < 0))
    throw new ArgumentError(`bcd: start must be at least 0 for ${problem.name}`);
  const run = startRun(method, x, seed);
  const losses: number[] = [];
  const blocks: Int32Array[] = [];
  const supports: Int32Array[] = [];
  const record = (): void => {
    losses.push(objective(problem, run.point));
    if (problem.proximal !== undefined) supports.push(supportOf(x));
  };
  const sweep = method.blocks?.length ?? Math.ceil(problem.size / method.options.blockSize);
  const near = (g: Float64Array): boolean =>
    proximalGradient(problem, x, g).every((value) => Math.abs(value) <= tolerance);
  record();
  let converged = false;
  for (;;) {
    const proposal = propose(method, run);
    if (tolerance > 0 && optimum !== undefined)
      converged = objective(problem, run.point) - optimum <= tolerance;
    else if (tolerance > 0) {
      if (proposal.gradient !== undefined) converged = near(proposal.gradient);
      else if (run.iteration % sweep === 0) converged = near(problem.gradient(run.point));
    }
    if (converged || run.iteration >= maxIterations) break;
    advance(method, run, proposal);
    blocks.push(proposal.chosen.block);
    if (run.iteration % recordEvery === 0) record();
  }
  if (run.iteration % recordEvery !== 0) record();
  return { x: tensor(x), losses, blocks, supports, iterations: run.iteration, converged };
}

/** A block to move, and the gradient if the rule needed it. */
export interface Proposal {
  readonly chosen: Chosen;
  readonly gradient?: Float64Array;
}

export function propose(method: Method, run: Run): Proposal {
  let gradient: Float64Array | undefined;
  const chosen = select(method, run, () => (gradient ??= method.problem.gradient(run.point)));
  return gradient === undefined ? { chosen } : { chosen, gradient };
}

/** Moves the block. What is kept beside x is computed from scratch every 1000 iterations, as rounding errors gather in it. */
export function advance(method: Method, run: Run, { chosen, gradient }: Proposal): void {
  const { problem } = method;
  const { block } = chosen;
  const g = gradient === undefined ? problem.gradient(run.point, block) : partOf(gradient, block);
  problem.move(run.point, block, updateOf(method, run, chosen, g));
  run.iteration += 1;
  if (run.iteration % 1000 === 0) run.point.products.set(problem.products(run.point.x));
}
