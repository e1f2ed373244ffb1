import {
  ArgumentError,
  TraceError,
  cond,
  tree,
  where,
  zeros,
  zerosLike,
  type Tensor,
  type Tree,
} from '@core/tensor';
import { atLeastOne, checkOptions } from '../checks.js';
import { leafwise, likeParams } from '../leaves.js';
import type { Optimizer, StateOf, Transform } from '../types.js';
import { requireTransform } from './chain.js';
import { evaluationOfInner } from './evaluation.js';

export interface SkipNonFiniteOptions {
  /**
   * Throw when so many updates in a row had NaN or infinite gradients; 1 is at the first. It reads a value at every update, and
   * so works in eager code only. Default: never.
   */
  readonly throwAfter?: number;
}

export type SkipNonFiniteState<S> = {
  /** Updates skipped so far, int32. */
  readonly skipped: Tensor;
  /** Those in a row up to now, int32; 0 after a finite gradient. */
  readonly consecutive: Tensor;
  /** The inner optimizer's state; it knows nothing of what was skipped. */
  readonly inner: S;
};

/**
 * Passes over gradients with a NaN or an infinity in any element: the updates are 0, the inner state stays, and the skip is
 * counted. Finite gradients give the inner updates to the bit.
 *
 * The decision is taken inside a compiled step, where only the chosen branch runs. Look at `state.consecutive` there from time
 * to time: a run that skips for ever does not learn.
 *
 * Source: optax' apply_if_finite, without its return to non-finite updates.
 *
 * @throws ArgumentError; at an update with throwAfter, naming the leaves; TraceError for throwAfter in a compiled or batched step
 */
export function skipNonFinite<T extends Transform>(
  inner: T,
  options: SkipNonFiniteOptions = {},
): Optimizer<SkipNonFiniteState<StateOf<T>>> {
  const owner = 'skipNonFinite';
  const stage = requireTransform(owner, 'inner', inner) as Transform<StateOf<T>>; // T's own state
  checkOptions(owner, options, { throwAfter: atLeastOne });
  const { throwAfter } = options;
  return {
    init: (params) => ({
      skipped: zeros([], { dtype: 'int32' }),
      consecutive: zeros([], { dtype: 'int32' }),
      inner: stage.init(params),
    }),
    update: (grads, state, params) => {
      leafwise(owner, params, { grads }, [], () => ({}));
      const each = tree.leaves(grads).map((g) => g.isFinite().all());
      const finite = each.reduce((all, one) => all.logicalAnd(one), zeros([], { dtype: 'int32' }).equal(0));
      const consecutive = where(finite, 0, state.consecutive.add(1)).cast('int32');
      if (throwAfter !== undefined && valueOf(consecutive) >= throwAfter) {
        const paths = tree.paths(grads).filter((_, i) => each[i]?.item() === 0);
        throw new ArgumentError(
          `${owner}: NaN or infinite gradients at ${paths.map((path) => path || 'the root').join(', ')}` +
            (throwAfter === 1 ? '' : `, ${throwAfter} times in a row`),
        );
      }
      const { updates, state: next } = cond(
        finite,
        (g: Tree, before: StateOf<T>, p: Tree) => stage.update(g, before, p),
        (_g: Tree, before: StateOf<T>, p: Tree) => ({
          updates: likeParams(owner, p, zerosLike),
          state: before,
        }),
        grads,
        state.inner,
        params,
      );
      return {
        updates,
        state: {
          skipped: state.skipped.add(finite.logicalNot().cast('int32')),
          consecutive,
          inner: next,
        },
      };
    },
    ...evaluationOfInner(stage, ({ inner: own }: SkipNonFiniteState<StateOf<T>>) => own),
  };
}

function valueOf(count: Tensor): number {
  try {
    return count.item();
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    throw new TraceError(
      'skipNonFinite: throwAfter reads the gradients’ values, which a compiled or batched step does not have; ' +
        'leave it out, and look at state.consecutive after the step',
    );
  }
}
