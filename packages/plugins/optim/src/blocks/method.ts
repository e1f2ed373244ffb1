import { dot, factorize, largestEigenvalue, solveFactored, symmetricTimes, type Factor } from './dense.js';
import { generatorOf, type Generator } from './generator.js';
import { checkProblem, type ResolvedMethod } from './options.js';
import { fixedBlocks } from './partition.js';
import type { BlockProblem, Point } from './problem.js';

/** What changes in a solve. */
export interface Run {
  readonly point: Point;
  readonly generator: Generator;
  iteration: number;
  /** Coordinates (variable blocks) or blocks in the order in which 'Cyclic' and 'Perm' go. */
  readonly order?: Int32Array;
  /** 'LA': the constants found so far, 1 at first. */
  readonly estimates?: Float64Array;
}

/** A block, and its number where blocks are fixed. */
export interface Chosen {
  readonly block: Int32Array;
  readonly index?: number;
}

/** A method for a problem, with what it needs to compute but once. */
export interface Method {
  readonly owner: string;
  readonly problem: BlockProblem;
  readonly options: ResolvedMethod;
  /** Fixed blocks. */
  readonly blocks?: readonly Int32Array[];
  /** L_b: the largest eigenvalue of the block's bound. */
  blockLipschitz(chosen: Chosen): number;
  /** H_b, factored. */
  blockFactor(chosen: Chosen): Factor;
  /** Anything that is computed when it is first asked for. */
  readonly once: <T>(name: string, compute: () => T) => T;
}

export function prepare(owner: string, problem: BlockProblem, options: ResolvedMethod): Method {
  checkProblem(owner, problem, options);
  const blocks = fixedBlocks(owner, problem, options);
  const kept = new Map<string, unknown>();
  const once = <T>(name: string, compute: () => T): T => {
    if (!kept.has(name)) kept.set(name, compute());
    return kept.get(name) as T; // put there by the same caller
  };
  return {
    owner,
    problem,
    options,
    ...(blocks && { blocks }),
    once,
    blockLipschitz: perBlock((block) => lipschitzOf(problem, block)),
    blockFactor: perBlock((block) => factorize(problem.bound(block), block.length)),
  };
}

/** Something of blocks, which is kept for fixed ones. */
export function perBlock<T extends NonNullable<unknown>>(
  compute: (block: Int32Array) => T,
): (chosen: Chosen) => T {
  const kept: T[] = [];
  return ({ block, index }) => (index === undefined ? compute(block) : (kept[index] ??= compute(block)));
}

/** At least the largest Lᵢ, which a zero column has and the matrix does not. */
function lipschitzOf(problem: BlockProblem, block: Int32Array): number {
  const h = problem.bound(block);
  const largest = largestEigenvalue((v) => symmetricTimes(h, block.length, v), block.length);
  return block.reduce((most, i) => Math.max(most, problem.lipschitz[i]!), largest);
}

export function startRun({ problem, options, blocks }: Method, x: Float64Array, seed: number): Run {
  const { selection, update } = options;
  const ordered = selection === 'Perm' || (selection === 'Cyclic' && blocks === undefined);
  return {
    point: { x, products: problem.products(x) },
    generator: generatorOf(seed),
    iteration: 0,
    ...(ordered && { order: new Int32Array(blocks?.length ?? problem.size) }),
    ...(update === 'LA' && { estimates: new Float64Array(problem.size).fill(1) }),
  };
}

/** g_bᵀ H_b⁻¹ g_b */
export function newtonDecrement(factor: Factor, g: Float64Array): number {
  return dot(g, solveFactored(factor, g));
}

export const partOf = (g: Float64Array, block: Int32Array): Float64Array =>
  Float64Array.from(block, (i) => g[i]!);
