import { atLeastOne, checkOptions, flag } from '@core/registry/checks';
import { zerosLike, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { fisherWindow, fisherWindowStep, slideFisherWindow, type FisherWindow } from '../fisher/window.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface ScaleByMfacOptions {
  /** m, the gradients that the Fisher matrix is made of (the official `ngrads`). At least 1. Default 1024. */
  readonly windowSize?: number;
  /** δ, the multiple of the identity in the Fisher matrix. Greater than 0. Default 1e-5. */
  readonly damping?: Hyperparameter;
  /** μ, decay of the mean of preconditioned gradients, which starts at 0 and is not corrected. In [0, 1). Default 0. */
  readonly momentum?: Hyperparameter;
  /** Weights that are exactly 0 at `init` stay 0 for good, and are no part of the Fisher matrix. Default false. */
  readonly sparse?: boolean;
}

export type ScaleByMfacState = HyperparameterState<'damping' | 'momentum'> & {
  /** The last m gradients and their dot products. */
  readonly window: FisherWindow;
  /** With momentum: the mean of preconditioned gradients. */
  readonly v?: Tree;
  /** With sparse: 1 for weights that move, 0 for those that do not. */
  readonly mask?: Tree;
};

/**
 * M-FAC's direction: the gradient times the inverse of the empirical Fisher matrix of the last m gradients, this one
 * included. No d x d matrix is formed.
 *
 *     u = (δ I + 1/m Σ g gᵀ)⁻¹ g         m is the window's size from the first update on, when most of it is still zeros
 *     v ← μ v + (1 - μ) u                with momentum, and v is the direction
 *
 * State: m arrays per parameter, one more with momentum and one more with sparse; m² dot products in all. Each update costs
 * O(d m + m³).
 * Source: Frantar et al. 2021, "M-FAC: Efficient Matrix-Free Approximations of Second-Order Information"
 * (arXiv:2107.03356), section 3.2; IST-DASLab/M-FAC (optim.py), with its defaults. The authors' matrices D and B are the
 * elimination and back substitution of one m x m system; here that is a Cholesky factorisation, with the same results.
 *
 * @throws ArgumentError
 */
export function scaleByMfac(options: ScaleByMfacOptions = {}): Transform<ScaleByMfacState> {
  const owner = 'scaleByMfac';
  checkOptions(owner, options, {
    windowSize: atLeastOne,
    damping: hyper(ranges.damping),
    momentum: hyper(ranges.momentum),
    sparse: flag,
  });
  const { windowSize = 1024, damping = 1e-5, momentum = 0, sparse = false } = options;
  const averaged = momentum !== 0;
  const numbers = hyperparameters(owner, { damping, momentum }, averaged ? [] : ['momentum']);
  return {
    init: (params) => ({
      ...numbers.init(),
      window: fisherWindow(params, windowSize),
      ...(averaged ? { v: likeParams(owner, params, zerosLike) } : {}),
      ...(sparse ? { mask: likeParams(owner, params, (p) => p.notEqual(0).cast(p.dtype)) } : {}),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const { moving } = leafwise(
        owner,
        params,
        { grads, mask: sparse ? state.mask : grads },
        ['moving'],
        ({ grads: g, mask }) => ({ moving: sparse ? g.mul(mask) : g }),
      );
      const window = slideFisherWindow(state.window, moving);
      const direction = fisherWindowStep(window, moving, h.damping);
      const kept = { ...numbers.advance(state), window };
      // The mask is copied, so that the old state may be disposed.
      const masked = sparse
        ? {
            mask: leafwise(owner, params, { mask: state.mask }, ['mask'], ({ mask }) => ({
              mask: mask.mul(1),
            })).mask,
          }
        : {};
      if (!averaged) return { updates: direction, state: { ...kept, ...masked } };
      const scalars = inDType({ momentum: h.momentum, rest: complement(h.momentum) });
      const { v } = leafwise(
        owner,
        params,
        { direction, v: state.v },
        ['v'],
        ({ direction: u, v: before }) => {
          const s = scalars(u.dtype);
          return { v: before.mul(s.momentum).add(u.mul(s.rest)) };
        },
      );
      return { updates: v, state: { ...kept, v, ...masked } };
    },
  };
}
