import { checkOptions } from '@core/registry/checks';
import { zerosLike, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType, rootOfRatio } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface ScaleByAdadeltaOptions {
  /** ρ, decay of both means of squares. In [0, 1). Default 0.9. */
  readonly rho?: Hyperparameter;
  /** ε, inside both roots; the first steps are of the size √ε. At least 0. Default 1e-6. */
  readonly epsilon?: Hyperparameter;
}

export type ScaleByAdadeltaState = HyperparameterState<'rho' | 'epsilon'> & {
  /** Mean of squared gradients. */
  readonly v: Tree;
  /** Mean of squared steps. */
  readonly steps: Tree;
};

/**
 * Adadelta's direction: gradients over their root mean square, times the root mean square of the steps so far.
 *
 *     v ← ρ v + (1 - ρ) g²
 *     u = g √(d + ε) / √(v + ε)
 *     d ← ρ d + (1 - ρ) u²
 *
 * Source: Zeiler 2012 (arXiv:1212.5701), algorithm 1; defaults are torch.optim.Adadelta's.
 *
 * @throws ArgumentError
 */
export function scaleByAdadelta(options: ScaleByAdadeltaOptions = {}): Transform<ScaleByAdadeltaState> {
  const owner = 'scaleByAdadelta';
  checkOptions(owner, options, { rho: hyper(ranges.rho), epsilon: hyper(ranges.epsilon) });
  const { rho = 0.9, epsilon = 1e-6 } = options;
  const numbers = hyperparameters(owner, { rho, epsilon });
  return {
    init: (params) => ({
      ...numbers.init(),
      v: likeParams(owner, params, zerosLike),
      steps: likeParams(owner, params, zerosLike),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const scalars = inDType({ ...h, rest: complement(h.rho) });
      const { updates, v, steps } = leafwise(
        owner,
        params,
        { grads, v: state.v, steps: state.steps },
        ['updates', 'v', 'steps'],
        ({ grads: g, v: v0, steps: d0 }) => {
          const s = scalars(g.dtype);
          const v1 = v0.mul(s.rho).add(g.square().mul(s.rest));
          const u = rootOfRatio(d0.add(s.epsilon), v1.add(s.epsilon)).mul(g);
          return { updates: u, v: v1, steps: d0.mul(s.rho).add(u.square().mul(s.rest)) };
        },
      );
      return { updates, state: { ...numbers.advance(state), v, steps } };
    },
  };
}
