import { atLeastOne, check } from '@core/registry/checks';
import { cond, zeros, zerosLike, type Tensor, type Tree } from '@core/tensor';
import { checkState, leafwise, likeParams } from '../leaves.js';
import type { Optimizer, StateOf, Transform } from '../types.js';
import { requireTransform } from './chain.js';
import { observed } from './observed.js';
import { evaluationOfInner } from './evaluation.js';

export type AccumulateState<S> = {
  /** Gradients gathered since the last step, int32. */
  readonly gathered: Tensor;
  /** Their mean. */
  readonly mean: Tree;
  /** The inner optimizer's state; its count counts steps, not gradients. */
  readonly inner: S;
};

/**
 * Gathers gradients over several updates and lets the inner optimizer step on their mean: a batch that is `every` times as
 * large, in the memory of a small one. The updates in between are 0.
 *
 * The decision is taken inside a compiled step, where only the chosen branch runs.
 *
 * State: one array per parameter (the mean) beyond the inner one's.
 *
 * @param every gradients for each step, at least 1
 * @throws ArgumentError
 */
export function accumulate<T extends Transform>(
  inner: T,
  every: number,
): Optimizer<AccumulateState<StateOf<T>>> {
  const owner = 'accumulate';
  const stage = requireTransform(owner, 'inner', inner) as Transform<StateOf<T>>; // T's own state
  check(owner, 'every', every, atLeastOne);
  return {
    init: (params) => ({
      gathered: zeros([], { dtype: 'int32' }),
      mean: likeParams(owner, params, zerosLike),
      inner: stage.init(params),
    }),
    update: (grads, state, params) => {
      checkState(owner, state, ['gathered', 'mean', 'inner']);
      const gathered = state.gathered.add(1);
      // The running mean, a + (g - a) / k, has the gradients' size however many there are.
      const { mean } = leafwise(
        owner,
        params,
        { grads, mean: state.mean },
        ['mean'],
        ({ grads: g, mean: a }) => ({
          mean: a.add(g.sub(a).div(gathered.cast(g.dtype))),
        }),
      );
      const zerosOf = (): Tree => likeParams(owner, params, zerosLike);
      return cond(
        gathered.greaterEqual(every),
        (g: Tree, before: StateOf<T>, p: Tree) => {
          const { updates, state: after } = stage.update(g, before, p);
          return {
            updates,
            state: { gathered: zeros([], { dtype: 'int32' }), mean: zerosOf(), inner: after },
          };
        },
        (g: Tree, before: StateOf<T>) => ({
          updates: zerosOf(),
          state: { gathered: gathered.add(0), mean: g, inner: before },
        }),
        mean,
        state.inner,
        params,
      );
    },
    ...observed([{ transform: inner, state: (all) => all.inner }]),
    ...evaluationOfInner(stage, ({ inner: own }: AccumulateState<StateOf<T>>) => own),
  };
}
