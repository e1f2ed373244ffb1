import { checkOptions } from '@core/registry/checks';
import { cond, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import {
  hyperparameters,
  ranges,
  type HyperparameterReader,
  type HyperparameterState,
} from '../hyperparameters.js';
import { complement } from '../math.js';
import type { Hyperparameter } from '../types.js';
import {
  checkFiniteSum,
  harmonic,
  measureState,
  normalAtStart,
  rateOf,
  type FiniteSum,
  type FiniteSumSolver,
  type FiniteSumState,
} from './finiteSum.js';
import { combine, copy, minus, norm } from './vectors.js';
import { vrForbOf, type VrForbState } from './vrForb.js';

export interface HalpernLipschitzOptions {
  /** η, how far a resolvent goes. At least 0. Default √n/L with the problem's `lipschitz` L. */
  readonly learningRate?: Hyperparameter;
  /** λ, the pull towards the start. In [0, 1]. Default 1/(k + 2), k counting resolvents from 0. */
  readonly anchoring?: Hyperparameter;
  /** c: a resolvent takes ⌈c (n + √n) ln(k + 3)⌉ steps. Greater than 0. Default 5; 20 solves it to about 1 %. */
  readonly innerEffort?: Hyperparameter;
  /** τ of the inner solver. Default `vrForb`'s for an operator of constant η L, √(q(1 - q))/(2ηL): about 1/(2n). */
  readonly innerLearningRate?: Hyperparameter;
  /** p of the inner solver. Default 1/max(n, 2). */
  readonly refreshProbability?: Hyperparameter;
  /** α of the inner solver. Default 1 - p. */
  readonly averaging?: Hyperparameter;
}

type Numbers = 'learningRate' | 'anchoring' | 'innerEffort';

export type HalpernLipschitzState<P extends Tree = Tensor> = FiniteSumState<P> &
  HyperparameterState<Numbers> & {
    /** u, whose resolvent is being computed; `count` counts the resolvents so far, and `point` is the last one. */
    readonly center: P;
    /** ‖u - z‖/η of the last resolvent z. */
    readonly residual: Tensor;
    readonly inner: VrForbState<P>;
  };

/**
 * Halpern iteration of the resolvent, which a variance-reduced solver computes inexactly. For monotone operators that are
 * Lipschitz on average.
 *
 *     z_k ≈ J_{η(F + G)}(u_k)  by `vrForb`,    u_{k+1} = λ u₀ + (1 - λ) z_k
 *
 * One step is one of the inner solver's: 2 calls, and n more where it takes a new snapshot or a resolvent begins. The
 * solution is the last z; until the first is there, u₀. `step`'s residual is ‖u - z‖/η of that z, which bounds the exact one
 * up to the inner error, and with exact resolvents is at most 2 L ‖u₀ - u*‖ / (√n (k + 1)). Õ(n + √n L/ε) calls reach ε.
 *
 * State: six points, and three more where there is a resolvent.
 * Source: Cai, Alacaoglu & Diakonikolas 2024 (arXiv:2310.02987), algorithm 2; the inner solver's parameters are those of
 * Alacaoglu & Malitsky 2022 for an operator of constant η L. The number of inner steps is practical: it is the paper's order
 * with a factor that was tried.
 *
 * @throws ArgumentError for options, or a problem that neither the rate nor a constant is given for
 */
export function halpernLipschitz<P extends Tree = Tensor>(
  options: HalpernLipschitzOptions = {},
): FiniteSumSolver<P, HalpernLipschitzState<P>> {
  const owner = 'halpernLipschitz';
  checkOptions(owner, options, {
    learningRate: hyper(ranges.learningRate),
    anchoring: hyper(ranges.anchoring),
    innerEffort: hyper(ranges.innerEffort),
    innerLearningRate: hyper(ranges.innerLearningRate),
    refreshProbability: hyper(ranges.refreshProbability),
    averaging: hyper(ranges.averaging),
  });
  const { innerLearningRate, refreshProbability, averaging } = options;
  const solver = vrForbOf<P>(owner, 'innerLearningRate', {
    ...(innerLearningRate === undefined ? {} : { learningRate: innerLearningRate }),
    ...(refreshProbability === undefined ? {} : { refreshProbability }),
    ...(averaging === undefined ? {} : { averaging }),
  });
  const numbersFor = (problem: FiniteSum<P>): HyperparameterReader<Numbers> =>
    hyperparameters(owner, {
      learningRate: rateOf(owner, 'learningRate', options.learningRate, problem, Math.sqrt(problem.size), [
        'lipschitz',
      ]),
      anchoring: options.anchoring ?? harmonic(1, 2),
      innerEffort: options.innerEffort ?? 5,
    });
  return {
    init: (problem, key) => {
      checkFiniteSum(owner, problem);
      const numbers = numbersFor(problem);
      const begun = numbers.init();
      const { learningRate } = numbers.read(begun);
      const center = copy(problem.start);
      const inner = solver.init(resolventProblem(problem, center, learningRate), key);
      return {
        ...begun,
        oracleCalls: inner.oracleCalls.mul(1),
        ...normalAtStart(problem),
        point: copy(problem.start),
        center,
        residual: norm(inner.snapshotValue).div(learningRate),
        inner,
      };
    },
    step: (problem, state) => {
      const numbers = numbersFor(problem);
      const { learningRate, anchoring, innerEffort } = numbers.read(state);
      const n = problem.size;
      const wanted = state.count
        .add(3)
        .cast(innerEffort.dtype)
        .log()
        .mul(innerEffort)
        .mul(n + Math.sqrt(n))
        .ceil();
      const subproblem = resolventProblem(problem, state.center, learningRate);
      const { state: inner } = solver.step(subproblem, state.inner);
      const next = cond(
        inner.count.cast(wanted.dtype).greaterEqual(wanted),
        (): HalpernLipschitzState<P> => {
          const z = inner.point;
          const center = combine([complement(anchoring), z], [anchoring, problem.start]);
          const again = solver.init(resolventProblem(problem, center, learningRate), inner.key);
          const oracleCalls = inner.oracleCalls.add(again.oracleCalls);
          return {
            ...numbers.advance(state),
            oracleCalls,
            ...elementAt(problem, state.center, inner, learningRate),
            point: z,
            center,
            residual: norm(minus(state.center, z)).div(learningRate),
            inner: { ...again, oracleCalls, hyperparameters: inner.hyperparameters },
          };
        },
        (): HalpernLipschitzState<P> => ({ ...state, oracleCalls: inner.oracleCalls, inner }),
      );
      return { state: next, measures: { oracleCalls: next.oracleCalls, residual: next.residual } };
    },
    measure: (problem, state) => measureState(owner, problem, state),
    solution: (_, state) => state.point,
  };
}

/**
 * 0 ∈ z - u + η (F + G)(z), whose solution is the resolvent of u, as a finite sum: η F with the constant η L in front, the
 * identity in the resolvent.
 */
function resolventProblem<P extends Tree>(problem: FiniteSum<P>, center: P, eta: Tensor): FiniteSum<P> {
  const { resolvent, constants } = problem;
  const lipschitz = constants?.lipschitz;
  return {
    size: problem.size,
    start: center,
    full: (z) => combine([eta, problem.full(z)]),
    batch: (z, indices) => combine([eta, problem.batch(z, indices)]),
    resolvent: (y, tau) => {
      const share = tau.add(1).reciprocal();
      const mixed = combine([share, y], [share.mul(tau), center]);
      return resolvent === undefined ? mixed : resolvent(mixed, share.mul(tau).mul(eta));
    },
    ...(lipschitz === undefined ? {} : { constants: { lipschitz: eta.mul(lipschitz) } }),
  };
}

/** The element of G(z): what the inner resolvent gave is one of η G(z) + z - u. */
function elementAt<P extends Tree>(
  problem: FiniteSum<P>,
  center: P,
  inner: VrForbState<P>,
  eta: Tensor,
): { readonly normal?: P } {
  if (problem.resolvent === undefined || inner.normal === undefined) return {};
  const parts = combine([1, inner.normal], [-1, inner.point], [1, center]);
  return { normal: combine([eta.reciprocal(), parts]) };
}
