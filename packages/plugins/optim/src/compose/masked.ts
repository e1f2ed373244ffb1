import { check } from '@core/registry/checks';
import { tree, type Tree } from '@core/tensor';
import { perLeaf } from '../checks.js';
import { checkParams, checkState, leafwise, perLeafValues, selectLeaves } from '../leaves.js';
import type { Mask, Optimizer, StateOf, Transform } from '../types.js';
import { requireTransform } from './chain.js';
import { evaluationOfParts } from './evaluation.js';
import { observed } from './observed.js';

export type MaskedState<S> = {
  /** The inner state, over the chosen leaves; the others are empty objects in its trees. */
  readonly inner: S;
};

/**
 * Applies a transform to some leaves only; the updates of the others pass by unchanged.
 *
 * Unchanged means: in front of a whole optimizer the other leaves' *gradients* would be added to the parameters. To
 * freeze leaves, use `partition` with `setToZero()`.
 *
 * @param mask leaves the transform applies to: a tree of booleans, or a function of path and parameter
 * @throws ArgumentError, TreeError for a mask that does not fit the parameters
 */
export function masked<T extends Transform>(inner: T, mask: Mask): Optimizer<MaskedState<StateOf<T>>> {
  const owner = 'masked';
  const stage = requireTransform(owner, 'inner', inner) as Transform<StateOf<T>>; // T's own state
  check(owner, 'mask', mask, perLeaf);
  const chosenOf = (params: Tree): readonly boolean[] =>
    perLeafValues(owner, 'the mask', 'boolean', mask, params);
  return {
    init: (params) => {
      checkParams(owner, params);
      return { inner: stage.init(selectLeaves(params, chosenOf(params))) };
    },
    update: (grads, state, params) => {
      checkState(owner, state, ['inner']);
      leafwise(owner, params, { grads }, [], () => ({}));
      const keep = chosenOf(params);
      const chosen = stage.update(selectLeaves(grads, keep), state.inner, selectLeaves(params, keep));
      const made = tree.leaves(chosen.updates);
      let next = 0;
      const { updates } = leafwise(owner, params, { grads }, ['updates'], ({ grads: g, index }) => ({
        updates: keep[index] === true ? (made[next++] ?? g) : g,
      }));
      return { updates, state: { inner: chosen.state } };
    },
    ...observed([
      {
        transform: inner,
        state: (all) => all.inner,
        params: (all) => selectLeaves(all, chosenOf(all)),
      },
    ]),
    ...evaluationOfParts<MaskedState<StateOf<T>>>([
      { transform: inner, state: (all) => all.inner, moves: chosenOf },
    ]),
  };
}
