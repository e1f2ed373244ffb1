import { atLeastOne, check, checkOptions, fraction, nonNegative, positive } from '@core/registry/checks';
import type { IterativeSolver } from '@core/registry/solve';
import {
  arange,
  linalg,
  random,
  take,
  vmap,
  where,
  zeros,
  zerosLike,
  type Tensor,
  type Tree,
} from '@core/tensor';
import type { Point } from '../problem.js';
import { calls, type BilevelMeasure } from '../solvers/shared.js';
import { orSchedule, rateAt, type Rate } from '../schedules/rate.js';
import { copy, descent, norm } from '../vectors.js';
import { alphaRule, msvr } from './msvr.js';
import { blockHypergradient, blocksOf, type BlockProblem, type Blocks } from './problem.js';
import { storm } from './storm.js';

export interface BsvrbOptions {
  /** 1 follows each block's Hessian, [m, q, q]; 2 follows H_i⁻¹ ∇ᵧf_i by products alone. Default 2. */
  readonly version?: 1 | 2;
  /** I, the blocks of a step. Default all. */
  readonly sampled?: number;
  /** α, of the lower gradients' estimates. In (0, 0.9], where schedules are cut as well. Default 0.1. */
  readonly alpha?: Rate;
  /** ᾱ, of the Hessians', or of the residuals H_i v_i - ∇ᵧf_i. In (0, 0.9]. Default 0.1. */
  readonly alphaBar?: Rate;
  /** γ of both. Default what makes them unbiased at each step's α; 0 for moving averages, which diverge on easy problems where I < m. */
  readonly gamma?: number;
  /** τ, the step of y. Greater than 0. Default 0.1. */
  readonly tau?: Rate;
  /** τ̄, the step of v. Greater than 0. Default 0.1. */
  readonly tauBar?: Rate;
  /** η, the step of x. Greater than 0. Default 0.02. */
  readonly eta?: Rate;
  /** β, of the outer gradient's STORM estimate. In [0, 1]. Default 0.1. */
  readonly beta?: Rate;
  /** Eigenvalues of followed Hessians are kept at or above this. Greater than 0. Default 0.01. */
  readonly lambdaMin?: number;
  /** v_i stay in the ball of this radius, at least max |∇ᵧf_i| / lambdaMin. Greater than 0. Default 1000. */
  readonly vRadius?: number;
}

export type BsvrbState<X extends Tree = Tensor, Y extends Tree = Tensor> = {
  readonly x: X;
  readonly y: Y;
  readonly key: Tensor;
  readonly oracleCalls: Tensor;
  /** Steps taken, int32. */
  readonly count: Tensor;
  /** Estimates of ∇ᵧg_i, [m, q]. */
  readonly s: Tensor;
  /** Version 1: [m, q, q]. Version 2: v_i, [m, q]. */
  readonly tracked: Tensor;
  /** Version 2: estimates of H_i v_i - ∇ᵧf_i. */
  readonly u?: Tensor;
  /** The outer gradient's estimate, [p]. */
  readonly z: Tensor;
  /** One step ago. */
  readonly before: { readonly x: Tensor; readonly y: Tensor; readonly tracked: Tensor };
};

/**
 * BSVRB v1 and v2, for many lower levels of which I are sampled at a step, and B data of each. With one set of blocks I_t and samples
 * for the present point and the one before:
 *
 *     s_i ← MSVR of ∇ᵧg_i;   v1: H_i ← P_{>= lambdaMin}(MSVR of ∂²g_i/∂y²);   v2: u_i ← MSVR of H_i v_i - ∇ᵧf_i
 *     G = (1/I) Σ ∇ₓf_i - J_i p_i,   p_i = H_i⁻¹ ∇ᵧf_i (v1, H_i before its update) or v_i (v2);   z ← G + (1 - β)(z - G')
 *     y_i ← P(y_i - τ s_i),   v2: v_i ← ball(v_i - τ̄ u_i)   for all blocks;   x ← x - η z
 *
 * Memory is O(m q) for v2 and O(m q²) for v1. Calls count gradients and products of one block: 2 I (4 + q) for v1, 10 I for v2.
 *
 * Measures: `stationarity` is the exact hypergradient's norm at (x, y), `lowerNorm` the root mean square of |∇ᵧg_i|; those of a step
 * are |z| and the estimates'.
 *
 * The rates may be schedules; `bsvrbPresets` has those of the theory, and the authors' constants.
 *
 * Source: Hu et al. 2023 (arXiv:2305.18730), algorithms 1 and 2, as in the authors' code (quanqihu/BSVRB_ICML2023), which differs in
 * three ways: blocks are drawn in shuffled passes, v2 moves a block's y and v only when it is drawn, by as many steps as it has
 * waited, and v1 scales H_i up to a least Frobenius norm where the paper projects eigenvalues.
 *
 * @throws ArgumentError for options, or a problem that is none
 */
export function bsvrb<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  options: BsvrbOptions = {},
): IterativeSolver<BlockProblem<X, Y, B>, BsvrbState<X, Y>, Point<X, Y>, BilevelMeasure> {
  const owner = 'bsvrb';
  checkOptions(owner, options, {
    version: { words: '1 or 2', holds: (v) => v === 1 || v === 2 },
    sampled: atLeastOne,
    alpha: orSchedule(alphaRule),
    alphaBar: orSchedule(alphaRule),
    gamma: nonNegative,
    tau: orSchedule(positive),
    tauBar: orSchedule(positive),
    eta: orSchedule(positive),
    beta: orSchedule(fraction),
    lambdaMin: positive,
    vRadius: positive,
  });
  const { version = 2, tau = 0.1, tauBar = 0.1, eta = 0.02, beta = 0.1 } = options;
  const { alpha = 0.1, alphaBar = 0.1, lambdaMin = 0.01, vRadius = 1000 } = options;

  const floor = (h: Tensor): Tensor => linalg.symmetricFunction(h, (values) => values.maximum(lambdaMin));
  const inBall = (v: Tensor): Tensor => {
    const length = v.square().sum(1, { keepDims: true }).sqrt();
    const outside = length.greater(vRadius);
    return where(outside, v.mul(where(outside, length, 1).reciprocal().mul(vRadius)), v);
  };

  /** Everything that blocks say at a point: ∇ᵧg_i, the observed tracker, and the terms of the outer gradient. */
  const observe = (
    problem: BlockProblem<X, Y, B>,
    at: Blocks<X, Y>,
    indices: Tensor,
    key: Tensor,
    point: { readonly x: Tensor; readonly y: Tensor; readonly tracked: Tensor },
  ) => {
    const one = (i: Tensor, y: Tensor, tracked: Tensor, own: Tensor) => {
      const batch = problem.sampler?.(i, own);
      const [direct, slope] = at.gradsUpper(i, point.x, y, batch);
      const adjoint = version === 1 ? linalg.solve(tracked, slope) : tracked;
      return {
        slope: at.gradY(i, point.x, y, batch),
        tracker:
          version === 1
            ? at.hessYY(i, point.x, y, batch)
            : at.hvpYY(i, point.x, y, tracked, batch).sub(slope),
        outer: direct.sub(at.jvpXY(i, point.x, y, adjoint, batch)),
      };
    };
    const keys = vmap((i: Tensor) => random.foldIn(key, i))(indices);
    const seen = vmap(one)(indices, take(point.y, indices), take(point.tracked, indices), keys);
    return { ...seen, outer: seen.outer.mean(0) };
  };

  return {
    init: (problem, key) => {
      const at = blocksOf(owner, problem);
      check(owner, 'sampled', options.sampled ?? 1, {
        words: `at most the ${problem.blocks} blocks`,
        holds: (v) => Number(v) <= problem.blocks,
      });
      const x = at.x.ravel(at.x.leaves);
      const y = at.stack(problem.start.y);
      const all = arange(problem.blocks);
      const nothing =
        version === 1
          ? vmap((i: Tensor, row: Tensor) =>
              at.hessYY(i, x, row, problem.sampler?.(i, random.foldIn(key, i))),
            )(all, y)
          : zerosLike(y);
      const tracked = version === 1 ? floor(nothing) : nothing;
      const seen = observe(problem, at, all, key, { x, y, tracked });
      return {
        x: copy(problem.start.x),
        y: copy(problem.start.y),
        key: random.foldIn(key, 0),
        oracleCalls: calls(0),
        count: zeros([], { dtype: 'int32' }),
        s: seen.slope,
        tracked,
        ...(version === 1 ? {} : { u: seen.tracker }),
        z: seen.outer,
        before: { x: copy(x), y: copy(y), tracked: copy(tracked) },
      };
    },
    step: (problem, state) => {
      const at = blocksOf(owner, problem);
      const m = problem.blocks;
      const sampled = options.sampled ?? m;
      const follow = { blocks: m, sampled, ...(options.gamma === undefined ? {} : { gamma: options.gamma }) };
      const rate = (of: Rate): number | Tensor => rateAt(of, state.count);
      const slopes = msvr({ ...follow, alpha: rate(alpha) });
      const trackers = msvr({ ...follow, alpha: rate(alphaBar) });
      const [drawn, samples] = [random.foldIn(state.key, 1), random.foldIn(state.key, 2)];
      const indices = sampled === m ? arange(m) : random.permutation(drawn, m).slice([0], [sampled]);
      const point = { x: at.x.ravel(at.x.take(state.x)), y: at.stack(state.y), tracked: state.tracked };
      const now = observe(problem, at, indices, samples, point);
      const old = observe(problem, at, indices, samples, state.before);
      const s = slopes.update(state.s, indices, now.slope, old.slope);
      const z = storm({ beta: rate(beta) }).update(state.z, now.outer, old.outer);
      const u =
        state.u === undefined ? undefined : trackers.update(state.u, indices, now.tracker, old.tracker);
      const tracked =
        u === undefined
          ? floor(trackers.update(state.tracked, indices, now.tracker, old.tracker))
          : inBall(descent(state.tracked, rate(tauBar), u));
      const y = at.unstack(descent(point.y, rate(tau), s));
      const { projection } = problem;
      const x = at.x.build(at.x.unravel(descent(point.x, rate(eta), z)));
      const perBlock = version === 1 ? 2 * (4 + at.y.size) : 10;
      const oracleCalls = state.oracleCalls.add(perBlock * sampled);
      return {
        state: {
          x,
          y: projection === undefined ? y : vmap(projection)(y),
          key: random.foldIn(state.key, 0),
          oracleCalls,
          count: state.count.add(1),
          s,
          tracked,
          ...(u === undefined ? {} : { u }),
          z,
          before: { x: copy(point.x), y: point.y, tracked: copy(state.tracked) },
        },
        measures: {
          oracleCalls,
          stationarity: norm(z),
          lowerNorm: s.square().sum(1).mean().sqrt(),
          infeasibility: zeros([]),
        },
      };
    },
    measure: (problem, state) => {
      const at = blocksOf(owner, problem);
      const x = at.x.ravel(at.x.take(state.x));
      const slopes = vmap((i: Tensor, row: Tensor) => at.gradY(i, x, row, undefined))(
        arange(problem.blocks),
        at.stack(state.y),
      );
      return {
        oracleCalls: state.oracleCalls,
        stationarity: norm(at.x.take(blockHypergradient(problem)(state.x, state.y))),
        lowerNorm: slopes.square().sum(1).mean().sqrt(),
        infeasibility: zeros([]),
      };
    },
    solution: (_, { x, y }) => ({ x, y }),
  };
}
