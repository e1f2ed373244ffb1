import { checkOptions } from '@core/registry/checks';
import type { Tensor } from '@core/tensor';
import { checkSizes, greedyDisjointSwaps, type Pair } from './candidates.js';
import type { Order } from './orders.js';
import { checkStructureProblem, kept, lossesUpTo, startOrder, type StructureProblem, type StructureSolver } from './problem.js'; // prettier-ignore
import { checkScore, fitsOf, scoreRule } from './scores/callbacks.js';
import { leastSquares } from './scores/leastSquares.js';
import type { ColumnFits, StructureScore } from './scores/score.js';
import { leastGain, newTopoState, number, positionsOf, searchRound, topoRules, type Improvement, type TopoMeasure, type TopoOptions, type TopoState } from './topoSearch.js'; // prettier-ignore

export interface TopoLinearOptions extends TopoOptions {
  /** The score and its regressions. Default `leastSquares()`. */
  readonly score?: StructureScore;
}

export type TopoLinearState = TopoState & {
  /** [d, d] */
  readonly weights: Tensor;
};

/**
 * TOPO for linear models: a search over orders of the nodes, for the one whose best weights have the lowest score. A step is a round:
 *
 * 1. pairs (i, j), j before i, are ranked by ∂h/∂|W_ij|, the cycles that their edge would close
 * 2. for each candidate the two exchange places, and the columns of the nodes from one place to the other are fitted again
 * 3. of the trials that lower the score, the best on disjoint ranges of positions are taken
 * 4. if none does, the same is done with the larger set, `largeSearches` times at most with success
 *
 * The loss falls strictly with every round but the last; `finished` holds when no trial lowers it. As a post-processor of another
 * method, it starts from `problem.start`. The weights are those of the order's full graph: `thresholdWeights` leaves its edges.
 *
 * With the scores of this package a trial costs what its columns cost: for least squares m³/3 operations for m positions, by the
 * Cholesky factor of the order, whatever the number of samples.
 *
 * Source: Deng et al. 2023 (arXiv:2305.17277), algorithms 1 and 2, and their code, whose script has sizes 100 and 400 for d = 30. What
 * their `fit` returns as the mask is that of the starting order; `orderToMask` of the solution's order is the final one.
 *
 * @throws ArgumentError for options; by `init` for a start that is no order, weights with a cycle (named), sizes above d (d - 1)/2 or
 *   samples that are not finite; LinalgError for least squares that have no one solution
 */
export function topoLinear(options: TopoLinearOptions = {}): StructureSolver<TopoLinearState, TopoMeasure> {
  const owner = 'topoLinear';
  checkOptions(owner, options, { ...topoRules, score: scoreRule });
  const { score = leastSquares() } = options;
  checkScore(owner, score);
  const prepared = new WeakMap<Tensor, ColumnFits>();
  const fitsFor = ({ samples }: StructureProblem): ColumnFits => {
    const fits = prepared.get(samples) ?? fitsOf(owner, score, samples);
    prepared.set(samples, fits);
    return fits;
  };
  return {
    init: (problem, key) => {
      checkStructureProblem(owner, problem);
      const fits = fitsFor(problem);
      const nodes = problem.samples.shape[1] ?? 0;
      checkSizes(owner, { sizeSmall: options.sizeSmall, sizeLarge: options.sizeLarge }, nodes);
      const order = startOrder(owner, problem, nodes, key);
      const weights = new Float64Array(nodes * nodes);
      fits.columns(order, 0, nodes - 1, weights);
      return { ...newTopoState(order, fits.loss(weights)), weights: kept(weights, [nodes, nodes]) };
    },
    step: (problem, state) => {
      const weights = Float64Array.from(state.weights.dataSync());
      const attempt = attemptWith(fitsFor(problem), weights, number(state.loss), leastGain(state.loss));
      const { found, state: next, measures } = searchRound(state, options, state.weights, attempt);
      return { state: { ...next, weights: kept(found?.weights ?? weights, state.weights.shape) }, measures };
    },
    solution: ({ samples }, { weights, order, losses, rounds }) => ({
      weights: weights.mul(1).cast(samples.dtype),
      order: order.mul(1),
      losses: lossesUpTo(losses, number(rounds)),
    }),
    finished: (_, { done }) => number(done) !== 0,
  };
}

type Found = Improvement & { readonly weights: Float64Array };

/** Tries pairs one by one from the same weights, and takes all that can be taken together. */
function attemptWith(fits: ColumnFits, weights: Float64Array, loss: number, gain: number) {
  const enough = loss - gain * Math.abs(loss);
  return (
    order: Order,
    pairs: readonly Pair[],
    count: (trials: number, columns: number) => void,
  ): Found | undefined => {
    const trialOf = fits.trials(order, weights, loss);
    const trials = pairs.map((pair) => {
      const [first, last] = positionsOf(order, pair);
      count(1, last - first + 1);
      return { pair, loss: trialOf(first, last) };
    });
    const take = (some: typeof trials): Found | undefined => {
      const chosen = greedyDisjointSwaps(order, some, enough);
      if (chosen.pairs.length === 0) return undefined;
      const fitted = weights.slice();
      for (const pair of chosen.pairs) {
        const [first, last] = positionsOf(order, pair);
        fits.columns(chosen.order, first, last, fitted);
        count(0, last - first + 1);
      }
      const reached = fits.loss(fitted);
      if (!(reached < enough)) return undefined;
      return { order: chosen.order, weights: fitted, loss: reached, swaps: chosen.pairs.length };
    };
    // Where a score is no sum over nodes, gains do not add up, but the best trial's is what it was.
    const [best] = [...trials].sort((x, y) => x.loss - y.loss);
    return take(trials) ?? (best === undefined ? undefined : take([best]));
  };
}
