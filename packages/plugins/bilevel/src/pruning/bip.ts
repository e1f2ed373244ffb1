import { checkOptions, checkRequired, flag, nonNegative, oneOf, positive } from '@core/registry/checks';
import type { Tensor, Tree } from '@core/tensor';
import { draw, nextKey } from '../solvers/shared.js';
import { copy, zerosOf } from '../vectors.js';
import { gradientAtMasked, maskedStep, sgdStep } from './descent.js';
import { magnitudeMask, removedCount } from './masks.js';
import { layersOf, prunablePaths, replaceLayers, type Mask } from './problem.js';
import { milestonesRule, rateAt, scheduleRule, weightMilestones, type PruningSchedule } from './rates.js';
import { derivedGradient, releasedGradient } from './scoreGradient.js';
import { noSteps, pruningMeasures, pruningRules, prunedSolution, type PruningOptions, type PruningSolver, type PruningState } from './solver.js'; // prettier-ignore

export interface BipOptions extends PruningOptions {
  /** Rate of the scores. Greater than 0. Default 0.1. */
  readonly maskLearningRate?: number;
  /** 1/γ in the mask's gradient. At least 0. Default 1e-4, that of the official configs. */
  readonly implicitCoefficient?: number;
  /** Leave the implicit part out, which is alternating training (the official `accelerate`). Default false. */
  readonly firstOrderOnly?: boolean;
  /**
   * 'derived' follows the paper. 'released' is what the published code computes in place of it, the square of the scores' gradient
   * (θ ⊙ g)² / γ where the derivation has m ⊙ g ⊙ g / γ. Default 'derived'.
   */
  readonly implicitTerm?: 'derived' | 'released';
  /**
   * Scores and weights are one variable, which both levels move, as in the published code: `scaled_score_init` has the scores share
   * the weights' memory. The mask is then always that of the present magnitudes. Default false: they are equal at the start only.
   */
  readonly sharedScores?: boolean;
  /** How the scores' rate falls. Default 'step'. */
  readonly maskSchedule?: PruningSchedule;
  /** Shares of the steps from which the scores' rate is a tenth of what it was. Default [0.75, 0.9]. */
  readonly maskMilestones?: readonly number[];
}

export type BipState<P extends Tree = Tree> = PruningState<P> & {
  /** s, by whose magnitudes weights are kept. */
  readonly scores: Mask;
  /** Momentum of the scores. */
  readonly scoreVelocity: Mask;
};

/**
 * BiP prunes a trained network in one run, without rounds. The mask keeps the largest |s|, and s begins as θ, so that the first
 * mask is that of magnitudes. A step is one of each level, on batches of their own,
 *
 *     θ ← θ - lr (m ⊙ g + λ θ)          g = ∂l/∂z at z = m ⊙ θ, lower batch
 *     s ← s - lr' (sign(s) ⊙ dl/dm + λ s)    dl/dm = (θ - m ⊙ g / γ) ⊙ g, upper batch, at the new θ
 *
 * both with momentum; sign(s) comes from |s|, through which the mask's gradient goes straight. What is pruned keeps its value and
 * its momentum, so it can come back.
 *
 * The published script gives the scores' rate the weights' schedule by mistake (milestones 0.5 and 0.75); the function written for
 * it, which is the default here, has 0.75 and 0.9. Its rates change between epochs, ours at every step.
 *
 * Source: Zhang et al. 2022 (arXiv:2210.04092), the alternation of θ-step and m-step; defaults of the official CIFAR config.
 *
 * @throws ArgumentError for options, or for a problem where there is nothing to prune
 */
export function bip<P extends Tree = Tree, B = unknown>(
  options: BipOptions,
): PruningSolver<P, B, BipState<P>> {
  const owner = 'bip';
  checkOptions(owner, options, {
    ...pruningRules,
    maskLearningRate: positive,
    implicitCoefficient: nonNegative,
    firstOrderOnly: flag,
    implicitTerm: oneOf('derived', 'released'),
    sharedScores: flag,
    maskSchedule: scheduleRule,
    maskMilestones: milestonesRule,
  });
  checkRequired(owner, options, ['keep', 'steps']);
  const { keep, steps, structure = 'unstructured', global = true, sharedScores = false } = options;
  const { learningRate = 0.1, maskLearningRate = 0.1, schedule = 'cosine', maskSchedule = 'step' } = options;
  const { momentum = 0.9, weightDecay = 1e-4 } = options;
  const coefficient = options.firstOrderOnly === true ? 0 : (options.implicitCoefficient ?? 1e-4);
  const weights = { rate: learningRate, schedule, milestones: weightMilestones, steps };
  const milestones = options.maskMilestones ?? [0.75, 0.9];
  const scoring = { rate: maskLearningRate, schedule: maskSchedule, milestones, steps };
  const hard = (scores: Mask): Mask =>
    magnitudeMask(scores, { structure, global }, (size) => removedCount(keep, size));
  const scoreGradient = options.implicitTerm === 'released' ? releasedGradient : derivedGradient;

  return {
    init: (problem, key) => {
      const paths = prunablePaths(owner, problem, structure);
      const scores = copy(layersOf(problem.start, paths));
      return {
        params: copy(problem.start),
        velocity: zerosOf(problem.start),
        scores,
        scoreVelocity: zerosOf(scores),
        mask: hard(scores),
        key,
        count: noSteps(),
      };
    },
    step: (problem, state) => {
      const [key, now] = nextKey(problem, state.key);
      const { lower, upper } = draw(problem, now);
      const paths = Object.keys(state.mask);
      const at = (falling: typeof weights): Tensor =>
        rateAt(falling, state.count, state.mask[paths[0] ?? '']?.dtype ?? 'float32');
      const moved = maskedStep(owner, problem, state, lower, at(weights), { momentum, weightDecay });
      const own = layersOf(moved.params, paths);
      const scores = sharedScores ? own : state.scores;
      const slopes = layersOf(gradientAtMasked(owner, problem, moved.params, state.mask, upper), paths);
      const slope = scoreGradient({ weights: own, mask: state.mask, slopes, scores }, coefficient);
      const next = sgdStep(scores, slope, state.scoreVelocity, at(scoring), { momentum, weightDecay });
      const params = sharedScores ? replaceLayers(moved.params, next.value) : moved.params;
      const after = {
        params,
        velocity: moved.velocity,
        scores: next.value,
        scoreVelocity: next.velocity,
        mask: hard(next.value),
        key,
        count: state.count.add(1),
      };
      return { state: after, measures: pruningMeasures(owner, problem, after, lower) };
    },
    measure: (problem, state) => pruningMeasures(owner, problem, state, undefined),
    solution: prunedSolution,
  };
}
