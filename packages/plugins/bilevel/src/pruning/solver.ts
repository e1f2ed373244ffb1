import { atLeastOne, belowOne, flag, nonNegative, oneOf, positive, type Rule } from '@core/registry/checks';
import type { IterativeSolver } from '@core/registry/solve';
import { full, zeros, type Tensor, type Tree } from '@core/tensor';
import { aboveZeroToOne, scheduleRule, type PruningSchedule } from './rates.js';
import { applyMask, keptShare, lossOf, type Mask, type PruningProblem, type PruningSolution, type PruningStructure } from './problem.js'; // prettier-ignore

/**
 * - `loss`: l(m ⊙ θ); `measure` takes that of the whole problem, `step` that of the batch which the weights moved on.
 * - `kept`: the share of the prunable weights that the mask keeps.
 */
export type PruningMeasure = 'loss' | 'kept';

export type PruningSolver<P extends Tree, B, State> = IterativeSolver<
  PruningProblem<P, B>,
  State,
  PruningSolution<P>,
  PruningMeasure
>;

/** Options that both solvers have. */
export interface PruningOptions {
  /** k, the fraction of the prunable weights (filters, channels of each layer) that is kept, in (0, 1]. No default. */
  readonly keep: number;
  /** Steps in all, over which rates fall; the official runs have 100 epochs. No default. */
  readonly steps: number;
  /** Default 'unstructured'. */
  readonly structure?: PruningStructure;
  /** One ranking of all layers' weights together, or one for each layer. Filters and channels are ranked by layer. Default true. */
  readonly global?: boolean;
  /** Rate of the weights. Greater than 0. Default 0.1. */
  readonly learningRate?: number;
  /** In [0, 1). Default 0.9. */
  readonly momentum?: number;
  /** Of all parameters, added to their gradient. At least 0. Default 1e-4. */
  readonly weightDecay?: number;
  /** How the weights' rate falls; 'step' is a tenth from 50 % and a hundredth from 75 %. Default 'cosine'. */
  readonly schedule?: PruningSchedule;
}

export const pruningRules: Readonly<Record<keyof PruningOptions, Rule>> = {
  keep: aboveZeroToOne,
  steps: atLeastOne,
  structure: oneOf('unstructured', 'filter', 'channel'),
  global: flag,
  learningRate: positive,
  momentum: belowOne,
  weightDecay: nonNegative,
  schedule: scheduleRule,
};

/** The part of a state that both solvers have. */
export type PruningState<P extends Tree> = {
  /** θ, whole: what is pruned keeps its value. */
  readonly params: P;
  readonly mask: Mask;
  /** Momentum of the weights. */
  readonly velocity: P;
  /** For the next batches. */
  readonly key: Tensor;
  /** Steps so far, int32. */
  readonly count: Tensor;
};

export const noSteps = (): Tensor => zeros([], { dtype: 'int32' });

/** Measures of a state on a batch, or on the whole problem. */
export function pruningMeasures<P extends Tree, B>(
  owner: string,
  problem: PruningProblem<P, B>,
  { params, mask }: Pick<PruningState<P>, 'params' | 'mask'>,
  batch: B | undefined,
): Readonly<Record<PruningMeasure, Tensor>> {
  const kept = keptShare(mask);
  return {
    loss: lossOf(owner, problem, applyMask(params, mask), batch),
    kept: typeof kept === 'number' ? full([], kept) : kept,
  };
}

export const prunedSolution = <P extends Tree>(
  _: unknown,
  { params, mask }: Pick<PruningState<P>, 'params' | 'mask'>,
): PruningSolution<P> => ({ params: applyMask(params, mask), mask });
