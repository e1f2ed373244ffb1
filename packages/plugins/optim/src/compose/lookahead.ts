import { atLeastOne, checkOptions } from '@core/registry/checks';
import { where, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { checkState, leafwise, likeParams } from '../leaves.js';
import { inDType } from '../math.js';
import type { Hyperparameter, Optimizer, StateOf, Transform } from '../types.js';
import { requireTransform } from './chain.js';
import { observed } from './observed.js';
import { evaluationOfInner } from './evaluation.js';

export interface LookaheadOptions {
  /** k, inner steps between two steps of the slow weights. At least 1. Default 5. */
  readonly period?: number;
  /** α, how far the slow weights go towards the fast ones. In [0, 1]. Default 0.5. */
  readonly stepSize?: Hyperparameter;
}

export type LookaheadState<S> = HyperparameterState<'stepSize'> & {
  /** φ, the slow weights. */
  readonly slow: Tree;
  /** The inner optimizer's state. */
  readonly inner: S;
};

/**
 * Lookahead: an inner optimizer explores with fast weights θ, and every k steps slow weights φ follow it part of the way.
 *
 *     θ ← inner step                       the parameters are the fast weights
 *     every k steps:  φ ← φ + α (θ - φ),   θ ← φ
 *
 * The inner state is kept at a synchronisation, as in the authors' code. State: one array per parameter beyond the inner one's.
 * Source: Zhang et al. 2019 (arXiv:1907.08610), algorithm 1; k 5 and α 0.5 are the authors' defaults.
 *
 * @throws ArgumentError
 */
export function lookahead<T extends Transform>(
  inner: T,
  options: LookaheadOptions = {},
): Optimizer<LookaheadState<StateOf<T>>> {
  const owner = 'lookahead';
  const stage = requireTransform(owner, 'inner', inner) as Transform<StateOf<T>>; // T's own state
  checkOptions(owner, options, { period: atLeastOne, stepSize: hyper(ranges.stepSize) });
  const { period = 5, stepSize = 0.5 } = options;
  const numbers = hyperparameters(owner, { stepSize });
  return {
    init: (params) => ({
      ...numbers.init(),
      // A copy, so that the parameters may be disposed.
      slow: likeParams(owner, params, (param) => param.mul(1)),
      inner: stage.init(params),
    }),
    update: (grads, state, params) => {
      checkState(owner, state, ['count', 'slow', 'inner']);
      const fast = stage.update(grads, state.inner, params);
      const due: Tensor = state.count.add(1).remainder(period).equal(0);
      const scalars = inDType(numbers.read(state));
      const { updates, slow } = leafwise(
        owner,
        params,
        { updates: fast.updates, slow: state.slow },
        ['updates', 'slow'],
        ({ updates: u, slow: phi, param }) => {
          const moved = phi.add(param.add(u).sub(phi).mul(scalars(u.dtype).stepSize));
          return { updates: where(due, moved.sub(param), u), slow: where(due, moved, phi) };
        },
      );
      return { updates, state: { ...numbers.advance(state), slow, inner: fast.state } };
    },
    ...observed([{ transform: inner, state: (all) => all.inner }]),
    ...evaluationOfInner(stage, ({ inner: own }: LookaheadState<StateOf<T>>) => own),
  };
}
