import { atLeastOne, checkOptions, checkRequired, flag } from '@core/registry/checks';
import { ArgumentError, cond, tensor, tree, zerosLike, type Tensor, type Tree } from '@core/tensor';
import { draw, nextKey } from '../solvers/shared.js';
import { copy, zerosOf } from '../vectors.js';
import { maskedStep } from './descent.js';
import { magnitudeMask, removedCount } from './masks.js';
import { applyMask, layersOf, prunablePaths, type Mask } from './problem.js';
import { rateAt, weightMilestones } from './rates.js';
import { noSteps, pruningMeasures, pruningRules, prunedSolution, type PruningOptions, type PruningSolver, type PruningState } from './solver.js'; // prettier-ignore

export interface MagnitudePruningOptions extends PruningOptions {
  /** Rounds of pruning and training; 1 is one-shot. `steps` must be a multiple. Default 1. */
  readonly rounds?: number;
  /** Whether each round trains from the problem's `rewind` again, rather than from where the last one ended. Default false. */
  readonly rewind?: boolean;
}

/**
 * Magnitude pruning: the smallest weights go, and the rest is trained on under the mask. With several rounds it is iterative
 * magnitude pruning: round r of R ends with keep^(r/R) of the weights, each an equal share of what was left, chosen among those
 * that are still there, and rates fall within each round. Filters and channels go by the 2-norm of their weights.
 *
 * A run is `steps` long, `steps / rounds` in each round. The first mask is there at the start.
 *
 * Source: Han et al. 2015 (arXiv:1506.02626) for one shot; Frankle & Carbin 2019 (arXiv:1803.03635) for rounds with rewinding, and
 * Renda et al. 2020 (arXiv:2003.02389) for rounds of fine-tuning. Rates are those of `bip`'s weights.
 *
 * @throws ArgumentError for options, or for a problem where there is nothing to prune
 */
export function magnitudePruning<P extends Tree = Tree, B = unknown>(
  options: MagnitudePruningOptions,
): PruningSolver<P, B, PruningState<P>> {
  const owner = 'magnitudePruning';
  checkOptions(owner, options, { ...pruningRules, rounds: atLeastOne, rewind: flag });
  checkRequired(owner, options, ['keep', 'steps']);
  const { keep, steps, structure = 'unstructured', global = true, rounds = 1, rewind = false } = options;
  const { learningRate = 0.1, schedule = 'cosine', momentum = 0.9, weightDecay = 1e-4 } = options;
  if (steps % rounds !== 0)
    throw new ArgumentError(`${owner}: steps must be a multiple of rounds, got ${steps} and ${rounds}`);
  const length = steps / rounds;
  const falling = { rate: learningRate, schedule, milestones: weightMilestones, steps: length };
  /** What is removed from so many by the end of a round. */
  const removedBy = (round: Tensor) => (size: number) => {
    const counts = Array.from({ length: rounds }, (_, r) => removedCount(keep ** ((r + 1) / rounds), size));
    return tensor(counts, { dtype: 'int32' }).take(round);
  };
  const pruned = (params: P, mask: Mask, round: Tensor): Mask =>
    magnitudeMask(
      layersOf(applyMask(params, mask), Object.keys(mask)),
      { structure, global },
      removedBy(round),
    );

  return {
    init: (problem, key) => {
      const paths = prunablePaths(owner, problem, structure);
      const whole = tree.map((leaf: Tensor) => zerosLike(leaf).add(1), layersOf(problem.start, paths));
      return {
        params: copy(problem.start),
        velocity: zerosOf(problem.start),
        mask: pruned(problem.start, whole, noSteps()),
        key,
        count: noSteps(),
      };
    },
    step: (problem, state) => {
      const [key, now] = nextKey(problem, state.key);
      const { lower } = draw(problem, now);
      const round = state.count.floorDivide(length).minimum(rounds - 1);
      const within = state.count.sub(round.mul(length));
      type Begun = Pick<PruningState<P>, 'params' | 'velocity' | 'mask'>;
      const begin = ({ params, mask }: Begun): Begun => ({
        params: rewind ? (problem.rewind ?? problem.start) : params,
        velocity: zerosOf(params),
        mask: pruned(params, mask, round),
      });
      const begun =
        rounds === 1
          ? state
          : cond(
              within.equal(0).logicalAnd(round.greater(0)),
              begin,
              (same: Begun) => same,
              { params: state.params, velocity: state.velocity, mask: state.mask }, // prettier-ignore
            );
      const dtype = Object.values(state.mask)[0]?.dtype ?? 'float32';
      const rate = rateAt(falling, within, dtype);
      const moved = maskedStep(owner, problem, begun, lower, rate, { momentum, weightDecay });
      const after = { ...moved, mask: begun.mask, key, count: state.count.add(1) };
      return { state: after, measures: pruningMeasures(owner, problem, after, lower) };
    },
    measure: (problem, state) => pruningMeasures(owner, problem, state, undefined),
    solution: prunedSolution,
  };
}
