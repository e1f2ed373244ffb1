import { checkOptions, oneOf } from '@core/registry/checks';
import { full, type DType } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges } from '../hyperparameters.js';
import { l1 } from '../kappas/box.js';
import type { Kappa } from '../kappas/kappa.js';
import { kappaRule, overTree, type KappaScope } from '../kappas/scope.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType } from '../math.js';
import type { Transform } from '../types.js';
import type { ScaleByLionOptions, ScaleByLionState } from './scaleByLion.js';

/** `scaleByLion`'s options (beta1, beta2, momentumDType), and: */
export interface ScaleByLionKOptions extends ScaleByLionOptions {
  /** K. Default `kappas.l1()`, which is Lion. */
  readonly kappa?: Kappa;
  /** Whether K is taken of each leaf, or of all leaves as one vector. Default 'leaf'. */
  readonly scope?: KappaScope;
}

/**
 * Lion-K's direction.
 *
 *     u = ∂K(β₁ m + (1 - β₁) g)         with the momentum from before this update
 *     m ← β₂ m + (1 - β₂) g
 *
 * The paper's m follows the negative gradient; as K is even, so that ∂K(-x) = -∂K(x), this is the same.
 *
 * State: one array per parameter (m).
 * Source: Chen et al. 2023, "Lion Secretly Solves Constrained Optimization" (arXiv:2310.05898).
 *
 * @throws ArgumentError
 */
export function scaleByLionK(options: ScaleByLionKOptions = {}): Transform<ScaleByLionState> {
  const owner = 'scaleByLionK';
  checkOptions(owner, options, {
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    momentumDType: oneOf('float32', 'float64'),
    kappa: kappaRule,
    scope: oneOf('leaf', 'tree'),
  });
  return lionRule(owner, options);
}

/** The rule of Lion and Lion-K, under either name; options are checked by the caller. */
export function lionRule(owner: string, options: ScaleByLionKOptions): Transform<ScaleByLionState> {
  const { beta1 = 0.9, beta2 = 0.99, momentumDType, kappa = l1(), scope = 'leaf' } = options;
  const numbers = hyperparameters(owner, { beta1, beta2 });
  const k = overTree(owner, kappa, scope);
  return {
    init: (params) => ({
      ...numbers.init(),
      m: likeParams(owner, params, (p) => full(p.shape, 0, { dtype: momentumDType ?? p.dtype })),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const scalars = inDType({ ...h, rest1: complement(h.beta1), rest2: complement(h.beta2) });
      const stored = (dtype: DType): DType => momentumDType ?? dtype;
      const { blend, m } = leafwise(
        owner,
        params,
        { grads, m: state.m },
        ['blend', 'm'],
        ({ grads: g, m: kept }) => {
          const s = scalars(g.dtype);
          const m0 = kept.cast(g.dtype);
          return {
            blend: m0.mul(s.beta1).add(g.mul(s.rest1)),
            m: m0.mul(s.beta2).add(g.mul(s.rest2)).cast(stored(g.dtype)),
          };
        },
        momentumDType,
      );
      return { updates: k.gradient(blend), state: { ...numbers.advance(state), m } };
    },
  };
}
