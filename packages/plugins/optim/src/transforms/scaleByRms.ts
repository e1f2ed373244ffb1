import { checkOptions, flag } from '@core/registry/checks';
import { ArgumentError, zerosLike, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType, oneMinusPower, root } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface ScaleByRmsOptions {
  /** α, decay of the mean of squared gradients. In [0, 1). Default 0.99. */
  readonly alpha?: Hyperparameter;
  /** ε, added outside the root. At least 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
  /** Subtract the squared mean, so that the root is a standard deviation. Default false. */
  readonly centered?: boolean;
  /** Divide v by 1 - αᵗ, as Adam does. Default false. */
  readonly biasCorrection?: boolean;
}

export type ScaleByRmsState = HyperparameterState<'alpha' | 'epsilon'> & {
  /** Mean of squared gradients. */
  readonly v: Tree;
  /** With centered: mean of gradients. */
  readonly mean?: Tree;
};

/**
 * Gradients over their root mean square.
 *
 *     v ← α v + (1 - α) g²         centered: a ← α a + (1 - α) g
 *     u = g / (√v + ε)             centered: u = g / (√(v - a²) + ε)
 *
 * Without biasCorrection the first updates are the larger by 1/√(1 - α), as v starts at 0; with it v / (1 - αᵗ) takes its
 * place under the root.
 * Source: Tieleman & Hinton 2012, lecture 6.5 of "Neural networks for machine learning"; centered: Graves 2013
 * (arXiv:1308.0850), eq. 40; defaults and the place of ε are torch.optim.RMSprop's.
 *
 * @throws ArgumentError, also for centered with biasCorrection
 */
export function scaleByRms(options: ScaleByRmsOptions = {}): Transform<ScaleByRmsState> {
  const owner = 'scaleByRms';
  checkOptions(owner, options, {
    alpha: hyper(ranges.alpha),
    epsilon: hyper(ranges.epsilon),
    centered: flag,
    biasCorrection: flag,
  });
  const { alpha = 0.99, epsilon = 1e-8, centered = false, biasCorrection = false } = options;
  if (centered && biasCorrection)
    throw new ArgumentError(`${owner}: bias correction is for the mean of squares, not with centered`);
  const numbers = hyperparameters(owner, { alpha, epsilon });
  return {
    init: (params) => ({
      ...numbers.init(),
      v: likeParams(owner, params, zerosLike),
      ...(centered ? { mean: likeParams(owner, params, zerosLike) } : {}),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const scalars = inDType({
        ...h,
        rest: complement(h.alpha),
        slope: biasCorrection ? oneMinusPower(h.alpha, state.count.add(1)).rsqrt() : h.alpha,
      });
      const { updates, v, mean } = leafwise(
        owner,
        params,
        { grads, v: state.v, mean: centered ? state.mean : state.v },
        ['updates', 'v', 'mean'],
        ({ grads: g, v: v0, mean: a0 }) => {
          const s = scalars(g.dtype);
          const v1 = v0.mul(s.alpha).add(g.square().mul(s.rest));
          const a1 = centered ? a0.mul(s.alpha).add(g.mul(s.rest)) : a0;
          // Rounding may leave a variance just below 0.
          const variance = centered ? v1.sub(a1.square()).maximum(0) : v1;
          const size = biasCorrection ? root(variance).mul(s.slope) : root(variance);
          return { updates: g.div(size.add(s.epsilon)), v: v1, mean: a1 };
        },
      );
      return { updates, state: { ...numbers.advance(state), v, ...(centered ? { mean } : {}) } };
    },
  };
}
