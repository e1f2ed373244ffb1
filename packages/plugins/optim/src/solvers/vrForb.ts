import { checkOptions } from '@core/registry/checks';
import { Tensor, cond, random, tree, where, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterReader } from '../hyperparameters.js';
import { complement } from '../math.js';
import type { Hyperparameter } from '../types.js';
import {
  batchOperator,
  calls,
  coin,
  drawIndices,
  fullOperator,
  rateOf,
  residualNorm,
  resolve,
  type FiniteSum,
  type FiniteSumSolver,
} from './finiteSum.js';
import { finiteSumSolver, type MethodState } from './finiteSumSolver.js';
import { combine, copy } from './vectors.js';

export interface VrForbOptions {
  /**
   * τ. At least 0. Default √(q(1 - q))/(2L) with the problem's `lipschitz` L, about 1/(2√n L). q is a p that is given as a
   * number, at most 1/2; else 1/max(n, 2).
   */
  readonly learningRate?: Hyperparameter;
  /** p, the probability of a new snapshot. Default 1/max(n, 2). */
  readonly refreshProbability?: Hyperparameter;
  /** α, how far the point itself goes into the next one, the rest being the snapshot. In [0, 1]. Default 1 - p. */
  readonly averaging?: Hyperparameter;
}

type Numbers = 'learningRate' | 'refreshProbability' | 'averaging';

type Own<P extends Tree> = {
  readonly key: Tensor;
  /** w, and w of one step ago: they differ only in the step after a new snapshot. */
  readonly snapshot: P;
  readonly lastSnapshot: P;
  /** F(w) */
  readonly snapshotValue: P;
};

export type VrForbState<P extends Tree = Tensor> = MethodState<P, Numbers, Own<P>>;

/**
 * Variance-reduced forward-reflected-backward splitting, for monotone operators that are Lipschitz on average (bilinear
 * games, which are not cocoercive, among them).
 *
 *     d = F(w) + F_i(u) - F_i(w of one step ago)              2 calls
 *     u ← J_{τG}(α u + (1 - α) w - τ d)
 *     with probability p:  w ← u                                 n calls
 *
 * State: four points (u, two snapshots, F(w)), and g where there is a resolvent.
 * Source: Alacaoglu & Malitsky 2022, Stochastic Variance Reduction for Variational Inequality Methods (arXiv:2102.08352),
 * algorithm 3. Its parameters need n > 1; one component is taken as if there were two.
 *
 * @throws ArgumentError for options, or a problem that neither the rate nor a constant is given for
 */
export function vrForb<P extends Tree = Tensor>(
  options: VrForbOptions = {},
): FiniteSumSolver<P, VrForbState<P>> {
  const owner = 'vrForb';
  checkOptions(owner, options, {
    learningRate: hyper(ranges.learningRate),
    refreshProbability: hyper(ranges.refreshProbability),
    averaging: hyper(ranges.averaging),
  });
  return vrForbOf(owner, 'learningRate', options);
}

/** The same, with messages in another's name and that of its option for τ; the options are checked. */
export function vrForbOf<P extends Tree>(
  owner: string,
  rateName: string,
  options: VrForbOptions,
): FiniteSumSolver<P, VrForbState<P>> {
  const numbersFor = (problem: FiniteSum<P>): HyperparameterReader<Numbers> => {
    const { refreshProbability: p = 1 / Math.max(problem.size, 2) } = options;
    const q = typeof p === 'number' && p > 0 ? Math.min(p, 1 / 2) : 1 / Math.max(problem.size, 2);
    const factor = Math.sqrt(q * (1 - q)) / 2;
    return hyperparameters(owner, {
      learningRate: rateOf(owner, rateName, options.learningRate, problem, factor, ['lipschitz']),
      refreshProbability: p,
      averaging: options.averaging ?? oneMinus(p),
    });
  };
  return finiteSumSolver<P, Numbers, Own<P>>(owner, {
    numbersFor,
    start: (problem, point, key) => ({
      own: {
        key: key.mul(1),
        snapshot: copy(point),
        lastSnapshot: copy(point),
        snapshotValue: fullOperator(owner, problem, point),
      },
      spent: problem.size,
    }),
    step: (problem, state, { learningRate, refreshProbability, averaging }) => {
      const [key, drawn, tossed] = random.split(state.key, 3) as [Tensor, Tensor, Tensor];
      const indices = drawIndices(drawn, problem, 1);
      const direction = combine(
        [1, state.snapshotValue],
        [1, batchOperator(owner, problem, state.point, indices)],
        [-1, batchOperator(owner, problem, state.lastSnapshot, indices)],
      );
      const y = combine(
        [averaging, state.point],
        [complement(averaging), state.snapshot],
        [learningRate.neg(), direction],
      );
      const resolved = resolve(problem, y, learningRate);
      const refresh = coin(tossed, refreshProbability);
      const snapshot = tree.map(
        (now: Tensor, before: Tensor) => where(refresh, now, before),
        resolved.point,
        state.snapshot,
      );
      const { value, spent } = cond(
        refresh,
        () => ({ value: fullOperator(owner, problem, snapshot), spent: calls(problem.size + 2) }),
        () => ({ value: state.snapshotValue, spent: calls(2) }),
      );
      return {
        resolved,
        own: { key, snapshot, lastSnapshot: copy(state.snapshot), snapshotValue: value },
        spent,
        residual: residualNorm(direction, state.normal),
      };
    },
  });
}

function oneMinus(p: Hyperparameter): Hyperparameter {
  if (typeof p === 'number') return 1 - p;
  if (p instanceof Tensor) return complement(p);
  return (count) => {
    const value = p(count);
    return typeof value === 'number' ? 1 - value : complement(value);
  };
}
