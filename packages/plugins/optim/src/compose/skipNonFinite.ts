import { atLeastOne, checkOptions, oneOf } from '@core/registry/checks';
import { ArgumentError, Tensor, cond, tree, where, zeros, zerosLike, type Tree } from '@core/tensor';
import { checkState, leafwise, likeParams } from '../leaves.js';
import { knownValue } from '../math.js';
import type { Optimizer, StateOf, Transform } from '../types.js';
import { requireTransform } from './chain.js';
import { observed } from './observed.js';
import { evaluationOfInner } from './evaluation.js';

export interface SkipNonFiniteOptions {
  /**
   * What gradients with NaN or infinities are: `'skip'`, passed over and counted, or `'error'`. Eager code throws at the update; a
   * compiled or batched step has no values to look at, so there the update is passed over, the state remembers, and
   * `checkFinite(state)` throws after the step. Default `'skip'`; with throwAfter `'error'`.
   */
  readonly onNonFinite?: 'skip' | 'error';
  /** How many in a row are the error. At least 1. Default 1. */
  readonly throwAfter?: number;
}

export type SkipNonFiniteState<S> = {
  /** Updates skipped so far, int32. */
  readonly skipped: Tensor;
  /** Those in a row up to now, int32; 0 after a finite gradient. */
  readonly consecutive: Tensor;
  /** Whether there was the error, int32: 1 from then on. */
  readonly failed: Tensor;
  /** The inner optimizer's state; it knows nothing of what was skipped. */
  readonly inner: S;
};

/**
 * Passes over gradients with a NaN or an infinity in any element: the updates are 0, the inner state stays, and the skip is
 * counted. Finite gradients give the inner updates to the bit.
 *
 * The decision is taken inside a compiled step, where only the chosen branch runs. `measures` gives the counts, as curves of
 * a run: one that skips for ever does not learn. With `onNonFinite: 'error'` it ends:
 *
 * ```ts
 * const optimizer = skipNonFinite(adamw(), { onNonFinite: 'error', throwAfter: 3 });
 * // in the loop, every so many compiled steps:
 * await checkFinite(state);
 * ```
 *
 * Source: optax' apply_if_finite, without its return to non-finite updates.
 *
 * @throws ArgumentError; with `'error'` also at an eager update, naming the leaves
 */
export function skipNonFinite<T extends Transform>(
  inner: T,
  options: SkipNonFiniteOptions = {},
): Optimizer<SkipNonFiniteState<StateOf<T>>> {
  const stage = requireTransform(owner, 'inner', inner) as Transform<StateOf<T>>; // T's own state
  checkOptions(owner, options, { onNonFinite: oneOf('skip', 'error'), throwAfter: atLeastOne });
  const { throwAfter, onNonFinite = throwAfter === undefined ? 'skip' : 'error' } = options;
  if (onNonFinite === 'skip' && throwAfter !== undefined)
    throw new ArgumentError(`${owner}: throwAfter is for onNonFinite 'error'; with 'skip' nothing is thrown`);
  const most = onNonFinite === 'skip' ? Infinity : (throwAfter ?? 1);
  const nested = observed<SkipNonFiniteState<StateOf<T>>>([{ transform: inner, state: (all) => all.inner }]);
  return {
    init: (params) => ({
      skipped: zeros([], { dtype: 'int32' }),
      consecutive: zeros([], { dtype: 'int32' }),
      failed: zeros([], { dtype: 'int32' }),
      inner: stage.init(params),
    }),
    update: (grads, state, params) => {
      checkState(owner, state, ['skipped', 'consecutive', 'failed', 'inner']);
      leafwise(owner, params, { grads }, [], () => ({}));
      const each = tree.leaves(grads).map((g) => g.isFinite().all());
      const finite = each.reduce((all, one) => all.logicalAnd(one), zeros([], { dtype: 'int32' }).equal(0));
      const consecutive = where(finite, 0, state.consecutive.add(1)).cast('int32');
      if (Number.isFinite(most) && (knownValue(consecutive) ?? 0) >= most) {
        const paths = tree.paths(grads).filter((_, i) => each[i]?.item() === 0);
        throw new ArgumentError(
          `${owner}: NaN or infinite gradients at ${paths.map((path) => path || 'the root').join(', ')}` +
            (most === 1 ? '' : `, ${most} times in a row`),
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
          failed: Number.isFinite(most)
            ? state.failed.maximum(consecutive.greaterEqual(most).cast('int32'))
            : state.failed.add(0),
          inner: next,
        },
      };
    },
    measures: (state, at) => ({
      skipped: state.skipped,
      skippedInARow: state.consecutive,
      ...nested.measures?.(state, at),
    }),
    check: async (state) => {
      await nested.check?.(state);
      await requireFinite(state);
    },
    ...evaluationOfInner(stage, ({ inner: own }: SkipNonFiniteState<StateOf<T>>) => own),
  };
}

const owner = 'skipNonFinite';

/**
 * Throws where `skipNonFinite` with `onNonFinite: 'error'` has met its error in a compiled step, at whatever place of the
 * state. It waits for the state's values, so call it every so many steps rather than after each: what happened is not forgotten.
 *
 * @param state of an optimizer that has `skipNonFinite` in it; of one that has not, nothing is looked at
 * @throws ArgumentError
 */
export async function checkFinite(state: unknown): Promise<void> {
  if (state instanceof Tensor || typeof state !== 'object' || state === null) return;
  const part = state as Partial<SkipNonFiniteState<unknown>>;
  const counts = [part.failed, part.skipped, part.consecutive];
  if (counts.every((count) => count instanceof Tensor && count.dtype === 'int32'))
    await requireFinite(part as SkipNonFiniteState<unknown>); // what was just looked at
  for (const value of Object.values(state)) await checkFinite(value);
}

async function requireFinite({
  failed,
  skipped,
  consecutive,
}: Omit<SkipNonFiniteState<unknown>, 'inner'>): Promise<void> {
  // A state of a batch has one of each for every member.
  if (!(await failed.data()).some((one) => one !== 0)) return;
  const most = async (count: Tensor): Promise<number> => Math.max(...(await count.data()));
  throw new ArgumentError(
    `${owner}: NaN or infinite gradients; ${await most(skipped)} updates were skipped, ${await most(consecutive)} in a row up to now`,
  );
}
