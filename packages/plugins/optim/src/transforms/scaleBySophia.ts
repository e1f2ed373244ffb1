import { atLeastOne, checkOptions, flag, positive, type Rule } from '@core/registry/checks';
import { where, zerosLike, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType, oneMinusPower } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

/** Curvature from the training gradients themselves, for who does not compute an estimate: B g² every so many updates. */
export interface EmpiricalHessian {
  /** k: updates from one estimate to the next, the first at the first update. At least 1. */
  readonly every: number;
  /** B: what g is the mean over. Greater than 0. */
  readonly batchSize: number;
}

export interface ScaleBySophiaOptions {
  /** β₁, decay of the mean of gradients. In [0, 1). Default 0.965. */
  readonly beta1?: Hyperparameter;
  /** β₂, decay of the mean of estimates of the Hessian's diagonal. In [0, 1). Default 0.99. */
  readonly beta2?: Hyperparameter;
  /** γ, how much curvature it takes to be no longer clipped; `rho` in the authors' code. At least 0. Default 0.04. */
  readonly gamma?: Hyperparameter;
  /** ε, in the denominator. Greater than 0. Default 1e-15; 1e-12 in the authors' SophiaH. */
  readonly epsilon?: Hyperparameter;
  /** Divide m by 1 - β₁ᵗ after clipping, as the authors' SophiaH does, and their SophiaG does not. Default false. */
  readonly biasCorrection?: boolean;
  /** Estimates from the gradients given to `update`. Default none: the caller gives them to `updateHessian`. */
  readonly empirical?: EmpiricalHessian;
}

export type ScaleBySophiaState = HyperparameterState<'beta1' | 'beta2' | 'gamma' | 'epsilon'> & {
  /** Mean of gradients. */
  readonly m: Tree;
  /** Mean of estimates of the Hessian's diagonal. */
  readonly h: Tree;
};

/** A transform or optimizer that takes estimates of the Hessian's diagonal between its updates. */
export interface WithHessian<S> extends Transform<S> {
  /**
   * h ← β₂ h + (1 - β₂) estimate; every k = 10 updates is the authors' rhythm.
   *
   * @param estimate of the structure, shapes and dtypes of the parameters: `hutchinson(...)` or `gaussNewtonBartlett(...)`
   */
  updateHessian(estimate: Tree, state: S, params: Tree): S;
}

export const empiricalHessian: Rule = {
  words: '{ every, batchSize }, a whole number of at least 1 and a number greater than 0',
  holds: (value) => {
    const { every, batchSize } = (value ?? {}) as Partial<EmpiricalHessian>;
    return atLeastOne.holds(every) && positive.holds(batchSize);
  },
};

/**
 * Sophia's direction: the momentum over the diagonal of the Hessian, element by element, cut off at 1.
 *
 *     m ← β₁ m + (1 - β₁) g
 *     u = clip(m / (γ max(h, 0) + ε), -1, 1)
 *     h ← β₂ h + (1 - β₂) ĥ             at `updateHessian` only
 *
 * Until the first estimate, and where the curvature is not positive, u is the momentum's sign.
 *
 * Source: Liu et al. 2023 (arXiv:2305.14342), algorithm 3; the denominator and the defaults are those of the authors' SophiaG
 * (Liuhong99/Sophia), which has no bias correction either.
 *
 * @throws ArgumentError
 */
export function scaleBySophia(options: ScaleBySophiaOptions = {}): WithHessian<ScaleBySophiaState> {
  const owner = 'scaleBySophia';
  checkOptions(owner, options, {
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    gamma: hyper(ranges.gamma),
    epsilon: hyper(positive),
    biasCorrection: flag,
    empirical: empiricalHessian,
  });
  const { beta1 = 0.965, beta2 = 0.99, gamma = 0.04, epsilon = 1e-15 } = options;
  const { biasCorrection = false, empirical } = options;
  const numbers = hyperparameters(owner, { beta1, beta2, gamma, epsilon });
  return {
    init: (params) => ({
      ...numbers.init(),
      m: likeParams(owner, params, zerosLike),
      h: likeParams(owner, params, zerosLike),
    }),
    update: (grads, state, params) => {
      const numbersNow = numbers.read(state);
      const { beta1: b1, beta2: b2 } = numbersNow;
      const due = state.count.remainder(empirical?.every ?? 1).equal(0);
      const scalars = inDType({
        ...numbersNow,
        rest1: complement(b1),
        inverse1: oneMinusPower(b1, state.count.add(1)).reciprocal(),
        keep: where(due, b2, 1),
        share: where(due, complement(b2).mul(empirical?.batchSize ?? 1), 0),
      });
      const { updates, m, h } = leafwise(
        owner,
        params,
        { grads, m: state.m, h: state.h },
        ['updates', 'm', 'h'],
        ({ grads: g, m: m0, h: h0 }) => {
          const s = scalars(g.dtype);
          const m1 = m0.mul(s.beta1).add(g.mul(s.rest1));
          const h1 = empirical === undefined ? h0 : h0.mul(s.keep).add(g.square().mul(s.share));
          const u = m1.div(h1.maximum(0).mul(s.gamma).add(s.epsilon)).clip(-1, 1);
          return { updates: biasCorrection ? u.mul(s.inverse1) : u, m: m1, h: h1 };
        },
      );
      // Where h is not computed anew it is copied, so that the old state may be disposed.
      const kept = empirical === undefined ? likeParams(owner, h, (x) => x.mul(1)) : h;
      return { updates, state: { ...numbers.advance(state), m, h: kept } };
    },
    updateHessian: (estimate, state, params) => {
      const { beta2: b2 } = numbers.read(state);
      const scalars = inDType({ beta2: b2, rest2: complement(b2) });
      const { h } = leafwise(owner, params, { estimate, h: state.h }, ['h'], ({ estimate: e, h: h0 }) => {
        const s = scalars(h0.dtype);
        return { h: h0.mul(s.beta2).add(e.mul(s.rest2)) };
      });
      return { ...state, h };
    },
  };
}
