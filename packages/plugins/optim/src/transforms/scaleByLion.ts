import { full, type DType, type Tree } from '@core/tensor';
import { checkOptions, hyper, oneOf } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface ScaleByLionOptions {
  /** β₁, share of the momentum in the direction. In [0, 1). Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** β₂, decay of the momentum. In [0, 1). Default 0.99, not Adam's 0.999. */
  readonly beta2?: Hyperparameter;
  /** dtype in which the momentum is stored. Default: the parameter's. */
  readonly momentumDType?: 'float32' | 'float64';
}

export type ScaleByLionState = HyperparameterState<'beta1' | 'beta2'> & {
  /** Momentum; the only array per parameter. */
  readonly m: Tree;
};

/**
 * Lion's direction.
 *
 *     u = sign(β₁ m + (1 - β₁) g)       with the momentum from before this update; sign(0) = 0, NaN stays NaN
 *     m ← β₂ m + (1 - β₂) g
 *
 * Source: Chen et al. 2023 (arXiv:2302.06675), algorithm 2; google/automl (lion), defaults too.
 */
export function scaleByLion(options: ScaleByLionOptions = {}): Transform<ScaleByLionState> {
  const owner = 'scaleByLion';
  checkOptions(owner, options, {
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    momentumDType: oneOf('float32', 'float64'),
  });
  const { beta1 = 0.9, beta2 = 0.99, momentumDType } = options;
  const numbers = hyperparameters(owner, { beta1, beta2 });
  return {
    init: (params) => ({
      ...numbers.init(),
      m: likeParams(owner, params, (p) => full(p.shape, 0, { dtype: momentumDType ?? p.dtype })),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const scalars = inDType({ ...h, rest1: complement(h.beta1), rest2: complement(h.beta2) });
      const stored = (dtype: DType): DType => momentumDType ?? dtype;
      const { updates, m } = leafwise(
        owner,
        params,
        { grads, m: state.m },
        ['updates', 'm'],
        ({ grads: g, m: kept }) => {
          const s = scalars(g.dtype);
          const m0 = kept.cast(g.dtype);
          return {
            updates: m0.mul(s.beta1).add(g.mul(s.rest1)).sign(),
            m: m0.mul(s.beta2).add(g.mul(s.rest2)).cast(stored(g.dtype)),
          };
        },
        momentumDType,
      );
      return { updates, state: { ...numbers.advance(state), m } };
    },
  };
}
