import { checkOptions, nonNegative } from '@core/registry/checks';
import { full, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { inDType, root } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface ScaleByAdagradOptions {
  /** ε, outside the root. At least 0. Default 1e-10. */
  readonly epsilon?: Hyperparameter;
  /** What the sum of squares starts at. At least 0. Default 0, as in torch; TensorFlow and optax have 0.1. */
  readonly initialAccumulator?: number;
  /** η: step t is divided by 1 + (t - 1) η. At least 0. Default 0. */
  readonly rateDecay?: Hyperparameter;
}

export type ScaleByAdagradState = HyperparameterState<'epsilon' | 'rateDecay'> & {
  /** Sum of squared gradients. */
  readonly sum: Tree;
};

/**
 * Adagrad's direction: gradients over the root of the sum of all their squares.
 *
 *     s ← s + g²
 *     u = g / (√s + ε) / (1 + (t - 1) η)
 *
 * Source: Duchi et al. 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", the diagonal
 * form; defaults, ε's place and rateDecay are torch.optim.Adagrad's.
 *
 * @throws ArgumentError
 */
export function scaleByAdagrad(options: ScaleByAdagradOptions = {}): Transform<ScaleByAdagradState> {
  const owner = 'scaleByAdagrad';
  checkOptions(owner, options, {
    epsilon: hyper(ranges.epsilon),
    initialAccumulator: nonNegative,
    rateDecay: hyper(ranges.rateDecay),
  });
  const { epsilon = 1e-10, initialAccumulator = 0, rateDecay = 0 } = options;
  const numbers = hyperparameters(owner, { epsilon, rateDecay });
  return {
    init: (params) => ({
      ...numbers.init(),
      sum: likeParams(owner, params, (p) => full(p.shape, initialAccumulator, { dtype: p.dtype })),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const slowed = state.count.cast(h.rateDecay.dtype).mul(h.rateDecay).add(1);
      const scalars = inDType({ slope: slowed, offset: slowed.mul(h.epsilon) });
      const { updates, sum } = leafwise(
        owner,
        params,
        { grads, sum: state.sum },
        ['updates', 'sum'],
        ({ grads: g, sum: s0 }) => {
          const { slope, offset } = scalars(g.dtype);
          const s1 = s0.add(g.square());
          return { updates: g.div(root(s1).mul(slope).add(offset)), sum: s1 };
        },
      );
      return { updates, state: { ...numbers.advance(state), sum } };
    },
  };
}
