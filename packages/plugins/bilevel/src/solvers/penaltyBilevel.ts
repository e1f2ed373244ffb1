import { atLeastOne, check, checkOptions, fraction, oneOf, positive } from '@core/registry/checks';
import { type Tensor, scan, zeros, type Tree } from '@core/tensor';
import { storm } from '../blocks/storm.js';
import { coordinates } from '../coordinates.js';
import { levelsOf } from '../levels.js';
import { startOf, type Batches, type BilevelProblem } from '../problem.js';
import { orSchedule, rateAt, type Rate } from '../schedules/rate.js';
import { combine, copy, descent, minus, norm } from '../vectors.js';
import { calls, draw, infeasibility, nextKey, project, solutionOf, type BilevelSolver, type BilevelState } from './shared.js'; // prettier-ignore

export interface PenaltyBilevelOptions {
  /** 'double': the lower problems get `innerSteps` steps. 'single': one, with momentum. Default 'single'. */
  readonly mode?: 'double' | 'single';
  /** σ of h = σf + g; F2SA's λ is 1/σ. The theory's is the accuracy aimed at, or falls as k^(-1/5). Greater than 0. Default 0.1. */
  readonly sigma?: Rate;
  /** α, the step of x, which must scale with σ. Greater than 0. Default 0.02 σ, of each step. */
  readonly alpha?: Rate;
  /** γ, the step of the lower problems, at most 1/(2 (σ L_f + L_g)). Greater than 0. Default 0.1. */
  readonly gamma?: Rate;
  /** β, how far y and z go towards the proximal points. In (0, 1]. Default 0.5; with rho Infinity 1. */
  readonly beta?: Rate;
  /** ρ of the proximal term |w - y|²/2ρ; Infinity for none. Greater than 0. Default 1. */
  readonly rho?: number;
  /** T, of 'double'. Default 10. */
  readonly innerSteps?: number;
  /** η of the gradient estimates m ← G(now) + (1 - η)(m - G(before)), of 'single'; 1 for plain gradients. In (0, 1]. Default 1. */
  readonly momentum?: Rate;
}

/** Where gradients were last taken, and their estimates: ∇ᵧh at wY, ∇ᵧg at wZ, and the direction of x. */
type Memory<X extends Tree, Y extends Tree> = {
  readonly x: X;
  readonly wY: Y;
  readonly wZ: Y;
  readonly byY: readonly Tensor[];
  readonly byZ: readonly Tensor[];
  readonly byX: readonly Tensor[];
};

export type PenaltyBilevelState<X extends Tree = Tensor, Y extends Tree = Tensor> = BilevelState<X, Y> & {
  /** Follows argmin g(x, ·); y follows argmin σf + g. */
  readonly z: Y;
  readonly wY: Y;
  readonly wZ: Y;
  /** Steps taken, int32. */
  readonly count: Tensor;
  /** Of 'single' with momentum. */
  readonly memory?: Memory<X, Y>;
};

/**
 * First-order descent on the penalised hyper-objective ψ_σ (see `penaltyHyperObjective`), for lower levels that are not convex, have
 * many minimisers, or a set (`projections.y`):
 *
 *     w_y ← P(w_y - γ (σ∇ᵧf + ∇ᵧg + (w_y - y)/ρ)),   w_z ← P(w_z - γ (∇ᵧg + (w_z - z)/ρ))
 *     y ← (1 - β) y + β w_y,   z ← (1 - β) z + β w_z
 *     x ← P(x - α (∇ₓf(x, y) + (∇ₓg(x, y) - ∇ₓg(x, z))/σ))
 *
 * 'double' starts the w at y and z and takes T steps of them; 'single' (F2BSA) goes on with them, one step at a time, and can replace
 * each gradient by the momentum estimate m ← G(now; batch) + (1 - η)(m - G(before; batch)). One batch serves both gradients that σ
 * divides. 3 T + 3 calls a step, with momentum twice as many; no second derivatives.
 *
 * Measures: `stationarity` is |∇ψ_σ| at the current y and z, `lowerNorm` |∇ᵧg(x, z)|.
 *
 * Source: Kwon et al. 2024 (arXiv:2309.01753), algorithms 1 and 2; there is no code of the authors.
 *
 * @throws ArgumentError for options, or a problem without a start
 */
export function penaltyBilevel<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  options: PenaltyBilevelOptions = {},
): BilevelSolver<X, Y, B, PenaltyBilevelState<X, Y>> {
  const owner = 'penaltyBilevel';
  const share = { words: 'a number in (0, 1]', holds: (v: unknown) => fraction.holds(v) && v !== 0 };
  const rhoRule = { words: 'a number greater than 0, or Infinity', holds: (v: unknown) => Number(v) > 0 };
  checkOptions(owner, options, {
    mode: oneOf('double', 'single'),
    sigma: orSchedule(positive),
    alpha: orSchedule(positive),
    gamma: orSchedule(positive),
    beta: orSchedule(share),
    rho: rhoRule,
    innerSteps: atLeastOne,
    momentum: orSchedule(share),
  });
  const { mode = 'single', sigma = 0.1, gamma = 0.1, rho = 1, momentum = 1 } = options;
  const { beta = rho === Infinity ? 1 : 0.5 } = options;
  const innerSteps = mode === 'double' ? (options.innerSteps ?? 10) : 1;
  if (mode === 'double')
    check(owner, 'momentum', momentum, { words: "1 with mode 'double'", holds: (v) => v === 1 });
  else
    check(owner, 'innerSteps', options.innerSteps ?? 1, {
      words: "1 with mode 'single'",
      holds: (v) => v === 1,
    });

  type Problem = BilevelProblem<X, Y, B>;
  type Leaves = readonly Tensor[];
  type Factor = number | Tensor;

  const sigmaAt = (count: Tensor): Factor => rateAt(sigma, count);
  const alphaAt = (count: Tensor): Factor =>
    options.alpha === undefined ? product(0.02, sigmaAt(count)) : rateAt(options.alpha, count);

  const lower = (problem: Problem, x: X, w: Y, batches: Batches<B>, weight: Factor): Leaves => {
    const at = levelsOf(owner, problem, x, w, batches);
    const slope = at.lowerByY(at.x.leaves, at.y.leaves);
    return weight === 0
      ? slope
      : combine([1, slope], [weight, at.upperGradients(at.x.leaves, at.y.leaves)[1]]);
  };
  const upper = (problem: Problem, x: X, y: Y, z: Y, batches: Batches<B>, weight: Factor): Leaves => {
    const at = levelsOf(owner, problem, x, y, batches);
    const [xs, ys] = [at.x.leaves, at.y.leaves];
    const gap = minus(at.lowerByX(xs, ys), at.lowerByX(xs, at.y.take(z)));
    const inverse = typeof weight === 'number' ? 1 / weight : weight.reciprocal();
    return combine([1, at.upperGradients(xs, ys)[0]], [inverse, gap]);
  };
  const towards = (problem: Problem, w: Y, center: Y, slope: Leaves, step: Factor): Y => {
    const at = coordinates(owner, 'y', w);
    const whole =
      rho === Infinity ? slope : combine([1, slope], [1 / rho, minus(at.leaves, at.take(center))]);
    return project(problem.projections?.y, at.build(descent(at.leaves, step, whole)));
  };
  /** (1 - β) y + β w */
  const average = (y: Y, w: Y, share: Factor): Y => {
    if (share === 1) return w;
    const at = coordinates(owner, 'y', y);
    return at.build(combine([1, at.leaves], [share, minus(at.take(w), at.leaves)]));
  };

  return {
    init: (problem, key) => {
      const { x, y } = startOf(owner, problem);
      const count = zeros([], { dtype: 'int32' });
      const same = {
        x: copy(x),
        y: copy(y),
        z: copy(y),
        wY: copy(y),
        wZ: copy(y),
        key,
        oracleCalls: calls(0),
        count,
      };
      if (momentum === 1) return same;
      const batches = draw(problem, nextKey(problem, key)[1]);
      const memory = {
        x: copy(x),
        wY: copy(y),
        wZ: copy(y),
        byY: lower(problem, x, y, batches, sigmaAt(count)),
        byZ: lower(problem, x, y, batches, 0),
        byX: upper(problem, x, y, y, batches, sigmaAt(count)),
      };
      return { ...same, memory, key: nextKey(problem, key)[0] };
    },
    step: (problem, state) => {
      const { x, count, memory } = state;
      const [key, now] = nextKey(problem, state.key);
      const outer = draw(problem, now);
      const [weight, step, share] = [sigmaAt(count), rateAt(gamma, count), rateAt(beta, count)];
      // What the estimates have followed so far has the last step's σ in it.
      const last = memory === undefined ? weight : sigmaAt(count.sub(1).maximum(0));
      /** m ← G(now) + (1 - η)(m - G(before)) */
      const estimate = (fresh: Leaves, before: () => Leaves, m: Leaves | undefined): Leaves =>
        m === undefined ? fresh : storm({ beta: rateAt(momentum, count) }).update(m, fresh, before());
      type Inner = { readonly wY: Y; readonly wZ: Y; readonly key: Tensor };
      let [byY, byZ]: [Leaves, Leaves] = [[], []];
      const inner = (carry: Inner): Inner => {
        const [after, own] = nextKey(problem, carry.key);
        const batches = innerSteps === 1 ? outer : draw(problem, own);
        byY = estimate(
          lower(problem, x, carry.wY, batches, weight),
          () => lower(problem, memory?.x ?? x, memory?.wY ?? carry.wY, batches, last),
          memory?.byY,
        );
        byZ = estimate(
          lower(problem, x, carry.wZ, batches, 0),
          () => lower(problem, memory?.x ?? x, memory?.wZ ?? carry.wZ, batches, 0),
          memory?.byZ,
        );
        return {
          wY: towards(problem, carry.wY, state.y, byY, step),
          wZ: towards(problem, carry.wZ, state.z, byZ, step),
          key: after,
        };
      };
      const from: Inner =
        mode === 'single' ? { wY: state.wY, wZ: state.wZ, key: now } : { wY: state.y, wZ: state.z, key: now };
      const { wY, wZ } =
        innerSteps === 1
          ? inner(from)
          : scan((carry: Inner) => [inner(carry), null] as const, from, null, { length: innerSteps })[0];
      const [y, z] = [average(state.y, wY, share), average(state.z, wZ, share)];
      const byX = estimate(
        upper(problem, x, y, z, outer, weight),
        () => upper(problem, memory?.x ?? x, state.y, state.z, outer, last),
        memory?.byX,
      );
      const at = coordinates(owner, 'x', x);
      const next = project(problem.projections?.x, at.build(descent(at.leaves, alphaAt(count), byX)));
      const oracleCalls = state.oracleCalls.add((3 * innerSteps + 3) * (memory === undefined ? 1 : 2));
      const remembered =
        memory === undefined
          ? {}
          : { memory: { x: copy(x), wY: copy(state.wY), wZ: copy(state.wZ), byY, byZ, byX } };
      return {
        state: { x: next, y, z, wY, wZ, key, oracleCalls, count: count.add(1), ...remembered },
        measures: {
          oracleCalls,
          stationarity: norm(byX),
          lowerNorm: norm(lower(problem, x, z, outer, 0)),
          infeasibility: infeasibility(owner, problem, next, y),
        },
      };
    },
    measure: (problem, state) => ({
      oracleCalls: state.oracleCalls,
      stationarity: norm(upper(problem, state.x, state.y, state.z, {}, sigmaAt(state.count))),
      lowerNorm: norm(lower(problem, state.x, state.z, {}, 0)),
      infeasibility: infeasibility(owner, problem, state.x, state.y),
    }),
    solution: solutionOf,
  };
}

const product = (c: number, rate: number | Tensor): number | Tensor =>
  typeof rate === 'number' ? c * rate : rate.mul(c);
