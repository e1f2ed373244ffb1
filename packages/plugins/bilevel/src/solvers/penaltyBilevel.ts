import { atLeastOne, check, checkOptions, fraction, oneOf, positive } from '@core/registry/checks';
import { scan, type Tensor, type Tree } from '@core/tensor';
import { coordinates } from '../coordinates.js';
import { levelsOf } from '../levels.js';
import { startOf, type Batches, type BilevelProblem } from '../problem.js';
import { combine, copy, minus, norm } from '../vectors.js';
import { calls, draw, infeasibility, nextKey, project, solutionOf, type BilevelSolver, type BilevelState } from './shared.js'; // prettier-ignore

export interface PenaltyBilevelOptions {
  /** 'double': the lower problems get `innerSteps` steps. 'single': one, with momentum. Default 'single'. */
  readonly mode?: 'double' | 'single';
  /** σ of h = σf + g; F2SA's λ is 1/σ. Greater than 0. Default 0.1. */
  readonly sigma?: number;
  /** α, the step of x, which must scale with σ. Greater than 0. Default 0.02 σ. */
  readonly alpha?: number;
  /** γ, the step of the lower problems, at most 1/(2 (σ L_f + L_g)). Greater than 0. Default 0.1. */
  readonly gamma?: number;
  /** β, how far y and z go towards the proximal points. In (0, 1]. Default 0.5; with rho Infinity 1. */
  readonly beta?: number;
  /** ρ of the proximal term |w - y|²/2ρ; Infinity for none. Greater than 0. Default 1. */
  readonly rho?: number;
  /** T, of 'double'. Default 10. */
  readonly innerSteps?: number;
  /** η of the gradient estimates m ← G(now) + (1 - η)(m - G(before)), of 'single'; 1 for plain gradients. In (0, 1]. Default 1. */
  readonly momentum?: number;
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
    sigma: positive,
    alpha: positive,
    gamma: positive,
    beta: share,
    rho: rhoRule,
    innerSteps: atLeastOne,
    momentum: share,
  });
  const { mode = 'single', sigma = 0.1, gamma = 0.1, rho = 1, momentum = 1 } = options;
  const { alpha = 0.02 * sigma, beta = rho === Infinity ? 1 : 0.5 } = options;
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

  const lower = (problem: Problem, x: X, w: Y, batches: Batches<B>, weight: number): Leaves => {
    const at = levelsOf(owner, problem, x, w, batches);
    const slope = at.lowerByY(at.x.leaves, at.y.leaves);
    return weight === 0
      ? slope
      : combine([1, slope], [weight, at.upperGradients(at.x.leaves, at.y.leaves)[1]]);
  };
  const upper = (problem: Problem, x: X, y: Y, z: Y, batches: Batches<B>): Leaves => {
    const at = levelsOf(owner, problem, x, y, batches);
    const [xs, ys] = [at.x.leaves, at.y.leaves];
    const gap = minus(at.lowerByX(xs, ys), at.lowerByX(xs, at.y.take(z)));
    return combine([1, at.upperGradients(xs, ys)[0]], [1 / sigma, gap]);
  };
  /** m ← G(now) + (1 - η)(m - G(before)) */
  const estimate = (now: Leaves, before: () => Leaves, m: Leaves | undefined): Leaves =>
    m === undefined ? now : combine([1, now], [1 - momentum, minus(m, before())]);
  const towards = (problem: Problem, w: Y, center: Y, slope: Leaves): Y => {
    const at = coordinates(owner, 'y', w);
    const whole =
      rho === Infinity ? slope : combine([1, slope], [1 / rho, minus(at.leaves, at.take(center))]);
    return project(problem.projections?.y, at.build(combine([1, at.leaves], [-gamma, whole])));
  };
  const average = (y: Y, w: Y): Y => (beta === 1 ? w : combine([1 - beta, y], [beta, w]));

  return {
    init: (problem, key) => {
      const { x, y } = startOf(owner, problem);
      const same = {
        x: copy(x),
        y: copy(y),
        z: copy(y),
        wY: copy(y),
        wZ: copy(y),
        key,
        oracleCalls: calls(0),
      };
      if (momentum === 1) return same;
      const batches = draw(problem, nextKey(problem, key)[1]);
      const memory = {
        x: copy(x),
        wY: copy(y),
        wZ: copy(y),
        byY: lower(problem, x, y, batches, sigma),
        byZ: lower(problem, x, y, batches, 0),
        byX: upper(problem, x, y, y, batches),
      };
      return { ...same, memory, key: nextKey(problem, key)[0] };
    },
    step: (problem, state) => {
      const { x, memory } = state;
      const [key, now] = nextKey(problem, state.key);
      const outer = draw(problem, now);
      type Inner = { readonly wY: Y; readonly wZ: Y; readonly key: Tensor };
      let [byY, byZ]: [Leaves, Leaves] = [[], []];
      const inner = (carry: Inner): Inner => {
        const [after, own] = nextKey(problem, carry.key);
        const batches = innerSteps === 1 ? outer : draw(problem, own);
        byY = estimate(
          lower(problem, x, carry.wY, batches, sigma),
          () => lower(problem, memory?.x ?? x, memory?.wY ?? carry.wY, batches, sigma),
          memory?.byY,
        );
        byZ = estimate(
          lower(problem, x, carry.wZ, batches, 0),
          () => lower(problem, memory?.x ?? x, memory?.wZ ?? carry.wZ, batches, 0),
          memory?.byZ,
        );
        return {
          wY: towards(problem, carry.wY, state.y, byY),
          wZ: towards(problem, carry.wZ, state.z, byZ),
          key: after,
        };
      };
      const from: Inner =
        mode === 'single' ? { wY: state.wY, wZ: state.wZ, key: now } : { wY: state.y, wZ: state.z, key: now };
      const { wY, wZ } =
        innerSteps === 1
          ? inner(from)
          : scan((carry: Inner) => [inner(carry), null] as const, from, null, { length: innerSteps })[0];
      const [y, z] = [average(state.y, wY), average(state.z, wZ)];
      const byX = estimate(
        upper(problem, x, y, z, outer),
        () => upper(problem, memory?.x ?? x, state.y, state.z, outer),
        memory?.byX,
      );
      const at = coordinates(owner, 'x', x);
      const next = project(problem.projections?.x, at.build(combine([1, at.leaves], [-alpha, byX])));
      const oracleCalls = state.oracleCalls.add((3 * innerSteps + 3) * (memory === undefined ? 1 : 2));
      const remembered =
        memory === undefined
          ? {}
          : { memory: { x: copy(x), wY: copy(state.wY), wZ: copy(state.wZ), byY, byZ, byX } };
      return {
        state: { x: next, y, z, wY, wZ, key, oracleCalls, ...remembered },
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
      stationarity: norm(upper(problem, state.x, state.y, state.z, {})),
      lowerNorm: norm(lower(problem, state.x, state.z, {}, 0)),
      infeasibility: infeasibility(owner, problem, state.x, state.y),
    }),
    solution: solutionOf,
  };
}
