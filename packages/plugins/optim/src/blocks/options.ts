import { atLeastOne, check, checkOptions, nonNegative, oneOf, show, type Rule } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import {
  partitions,
  selections,
  updates,
  type PartitionName,
  type SelectionName,
  type UpdateName,
} from './names.js';
import type { BlockProblem } from './problem.js';

/** The method: which blocks, which of them, and which step. The names are those of the official code. */
export interface BlockMethodOptions {
  /**
   * 'VB': blocks are chosen anew at every step. Or fixed ones of blockSize, which must divide the number of coordinates:
   * 'Order' as they come; 'Sort' by ascending Lᵢ; 'Avg' the smallest and largest Lᵢ in turn; 'Hsort', 'Havg' the same with
   * Σⱼ |Hᵢⱼ| of the bound in place of Lᵢ. Or blocks of your own, each coordinate in one. Default 'VB'.
   */
  readonly partition?: PartitionName | readonly ArrayLike<number>[];
  /** Coordinates of a block. Rules on trees find their own number. Default 5. */
  readonly blockSize?: number;
  /**
   * Without a gradient: 'Random'; 'Cyclic' (variable blocks: a random order, cut in blocks and drawn anew every p steps, as in
   * the official code); 'Perm' (a new order for each sweep); 'Lipschitz' (probabilities ∝ L_b, or Lᵢ).
   *
   * Greedy, of fixed blocks the largest: 'GS' ‖g_b‖; 'GSL' ‖g_b‖² / L_b; 'GSD' Σ gᵢ² / Lᵢ; 'GSDHb' Σ gᵢ² / Dᵢ with
   * Dᵢ = Σⱼ |Hᵢⱼ|; 'GSQ' g_bᵀ H_b⁻¹ g_b, what the step 'Hb' gains. Of variable blocks the coordinates with the largest: 'GS'
   * |gᵢ|; 'GSD' gᵢ² / Lᵢ; 'GSDHb' gᵢ² / Dᵢ; 'IHT' nearly GSQ, by 10 steps of iterative hard thresholding. With both, 'GSQ-NN': the
   * coordinates whose own steps gain the most under a bound or l1.
   *
   * For quadratics on graphs, with variable blocks: forests along a random order ('RTree'), by descending |gᵢ| ('GSTree'),
   * |gᵢ|/√Lᵢ ('GSLTree') or |gᵢ|/√Dᵢ ('GSDTree'); the colours of the graph in turn ('RedBlackTree'), or the forests that it falls
   * into ('TreePartitions').
   *
   * (The official 'GSExactTree' is 'GS' with the update 'bpExact' and a blockSize of p^(1/3).) Default 'GSD'.
   */
  readonly selection?: SelectionName;
  /**
   * 'Lb' a gradient step over the largest eigenvalue of the bound H_b, then prox; 'Hb' -pinv(H_b) g_b; 'LS' Newton's direction
   * with a line search; 'LA' as 'Lb' with constants that are found by doubling. For quadratics: 'bpExact' the minimum over the
   * block, in O(b) on forests; 'bpGabp' the same by belief propagation. With x ≥ 0: 'Lb-NN'; 'TMP-NN' two-metric projection;
   * 'qp-NN' the minimum of the block's quadratic bound. Default 'Lb'.
   */
  readonly update?: UpdateName;
  /**
   * Fixed blocks: the norm in 'GS', 'GSL' and 'GSD'. The official code has 1: Σ|gᵢ|, Σ|gᵢ|/√L_b, Σ|gᵢ|/√Lᵢ. Default 2, the paper's
   * theory.
   */
  readonly norm?: 1 | 2;
  /** 'TMP-NN': coordinates below it with a positive gradient count as active. Default 1e-4. */
  readonly activeThreshold?: number;
}

export type ResolvedMethod = Required<BlockMethodOptions>;

const partitionRule: Rule = {
  words: `${oneOf(...partitions).words} or a list of blocks`,
  holds: (value) => oneOf(...partitions).holds(value) || Array.isArray(value),
};

const methodRules: Readonly<Record<keyof BlockMethodOptions, Rule>> = {
  partition: partitionRule,
  blockSize: atLeastOne,
  selection: oneOf(...selections),
  update: oneOf(...updates),
  norm: { words: '1 or 2', holds: (value) => value === 1 || value === 2 },
  activeThreshold: nonNegative,
};

/** Checks options, of which some may be the caller's own, and fills in defaults. */
export function resolveMethod(
  owner: string,
  options: BlockMethodOptions,
  more: Readonly<Record<string, Rule>> = {},
): ResolvedMethod {
  checkOptions(owner, options, { ...methodRules, ...more });
  const { partition = 'VB', blockSize = 5, selection = 'GSD', update = 'Lb' } = options;
  const { norm = 2, activeThreshold = 1e-4 } = options;
  const resolved = { partition, blockSize, selection, update, norm, activeThreshold };
  const problem = misfit(resolved);
  if (problem !== undefined) throw new ArgumentError(`${owner}: ${problem}`);
  return resolved;
}

const fixedOnly: readonly SelectionName[] = ['GSL', 'GSQ'];
const graphs: readonly SelectionName[] = ['RTree', 'GSTree', 'GSLTree', 'GSDTree', 'RedBlackTree', 'TreePartitions']; // prettier-ignore
const variableOnly: readonly SelectionName[] = ['IHT', ...graphs];

function misfit({ partition, selection }: ResolvedMethod): string | undefined {
  if (partition === 'VB' && fixedOnly.includes(selection))
    return `selection '${selection}' compares fixed blocks, and partition is 'VB'; with variable blocks use ${selection === 'GSL' ? "'GSD' or 'GSDHb'" : "'IHT'"}`;
  if (partition !== 'VB' && variableOnly.includes(selection))
    return `selection '${selection}' forms its own blocks; it needs the partition 'VB'`;
  return undefined;
}

const nonNegativeOnly: readonly UpdateName[] = ['Lb-NN', 'TMP-NN', 'qp-NN'];
const quadraticOnly: readonly UpdateName[] = ['bpExact', 'bpGabp'];
const smoothOnly: readonly UpdateName[] = ['Hb', 'LS'];

/** @throws ArgumentError for what is no problem, and a method that the problem has not what is needed for */
export function checkProblem(owner: string, problem: BlockProblem, method: ResolvedMethod): void {
  const given: Partial<BlockProblem> | null | undefined = problem; // from outside
  const functions = ['products', 'value', 'gradient', 'hessian', 'bound', 'boundTimes', 'boundRowSums', 'move'] as const; // prettier-ignore
  if (!(given?.lipschitz instanceof Float64Array) || functions.some((f) => typeof given[f] !== 'function'))
    throw new ArgumentError(
      `${owner}: problem must be made by blockProblems (leastSquares, logistic, …), got ${show(problem)}`,
    );
  const { name, size, proximal, quadratic } = problem;
  const { update, selection, blockSize, partition } = method;
  const refuse = (what: string): never => {
    throw new ArgumentError(`${owner}: ${what}, and the problem is ${name}`);
  };
  check(owner, 'size of the problem', size, atLeastOne);
  if (nonNegativeOnly.includes(update) && proximal?.kind !== 'nonNegative')
    refuse(`update '${update}' is for problems with x ≥ 0`);
  if (quadraticOnly.includes(update) && quadratic === undefined)
    refuse(`update '${update}' is for quadratics (quadratic, labelPropagation)`);
  if (smoothOnly.includes(update) && proximal !== undefined)
    refuse(`update '${update}' is for smooth problems; use 'Lb', 'LA' or one that ends in -NN`);
  if (graphs.includes(selection) && quadratic === undefined)
    refuse(`selection '${selection}' is for quadratics (quadratic, labelPropagation)`);
  if ((selection === 'GSQ' || selection === 'IHT') && proximal !== undefined)
    refuse(`selection '${selection}' is for smooth problems; use 'GSQ-NN'`);
  if (typeof partition !== 'string' || graphs.includes(selection)) return;
  if (blockSize > size)
    throw new ArgumentError(`${owner}: blockSize is ${blockSize}, the problem has ${size} coordinates`);
  if (partition !== 'VB' && size % blockSize !== 0)
    throw new ArgumentError(
      `${owner}: fixed blocks need a blockSize that divides the ${size} coordinates, got ${blockSize}`,
    );
}
