import { checkOptions, flag, type Rule } from '@core/registry/checks';
import { ArgumentError, where, zerosLike, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface TraceOptions {
  /** μ, the share of the buffer that stays. In [0, 1). Default 0.9. */
  readonly momentum?: Hyperparameter;
  /**
   * τ; the gradient enters the buffer with 1 - τ, at the first update with 1. In [0, 1], or 'momentum' for τ = μ, also where μ
   * changes: the buffer is then a mean. Default 0.
   */
  readonly dampening?: Hyperparameter | 'momentum';
  /** Look one step ahead: g + μ b instead of b. Default false. */
  readonly nesterov?: boolean;
}

export type TraceState = HyperparameterState<'momentum' | 'dampening'> & {
  /** b, the gradients' decaying sum or mean. */
  readonly buffer: Tree;
};

const dampeningRule: Rule = {
  words: `${hyper(ranges.dampening).words}, or 'momentum'`,
  holds: (value) => value === 'momentum' || hyper(ranges.dampening).holds(value),
};

/**
 * Momentum.
 *
 *     b ← μ b + (1 - τ) g      at the first update b ← g
 *     u = b, or with nesterov g + μ b
 *
 * Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning"; the form, the
 * dampening and the first step are torch.optim.SGD's.
 *
 * @throws ArgumentError for nesterov with dampening, which torch refuses as well
 */
export function trace(options: TraceOptions = {}): Transform<TraceState> {
  const owner = 'trace';
  checkOptions(owner, options, {
    momentum: hyper(ranges.momentum),
    dampening: dampeningRule,
    nesterov: flag,
  });
  const { momentum = 0.9, dampening = 0, nesterov = false } = options;
  if (nesterov && dampening !== 0)
    throw new ArgumentError(`${owner}: nesterov momentum has no dampening; leave dampening at 0`);
  const tied = dampening === 'momentum';
  const numbers = hyperparameters(
    owner,
    { momentum, dampening: tied ? 0 : dampening },
    tied ? ['dampening'] : [],
  );
  return {
    init: (params) => ({ ...numbers.init(), buffer: likeParams(owner, params, zerosLike) }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const entering = where(state.count.equal(0), 1, complement(tied ? h.momentum : h.dampening));
      const scalars = inDType({ momentum: h.momentum, entering: entering.cast(h.momentum.dtype) });
      const { updates, buffer } = leafwise(
        owner,
        params,
        { grads, buffer: state.buffer },
        ['updates', 'buffer'],
        ({ grads: g, buffer: b }) => {
          const { momentum: mu, entering: share } = scalars(g.dtype);
          const next = b.mul(mu).add(g.mul(share));
          return { updates: nesterov ? g.add(next.mul(mu)) : next, buffer: next };
        },
      );
      return { updates, state: { ...numbers.advance(state), buffer } };
    },
  };
}
