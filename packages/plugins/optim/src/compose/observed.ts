import type { Tree } from '@core/tensor';
import type { Optimizer, Transform } from '../types.js';

/** An optimizer inside another one. */
export interface Inner<S> {
  readonly transform: Transform;
  /** Its part of the whole state. */
  readonly state: (whole: S) => unknown;
  /** The parameters that it moves. Default all. */
  readonly params?: (all: Tree) => Tree;
  /** In front of its measures' names. */
  readonly label?: string;
}

/** `measures` and `check` of what is inside, for the whole; absent where nothing inside has them. */
export function observed<S>(inners: readonly Inner<S>[]): Pick<Optimizer<S>, 'measures' | 'check'> {
  const measured = inners.filter(({ transform }) => transform.measures !== undefined);
  const checked = inners.filter(({ transform }) => transform.check !== undefined);
  return {
    ...(measured.length > 0 && {
      measures: (whole, { params, loss }) => {
        const entries = measured.flatMap(({ transform, state, params: select, label }) =>
          Object.entries(
            transform.measures?.(state(whole), { params: select?.(params) ?? params, loss }) ?? {},
          ).map(([name, value]) => [label === undefined ? name : `${label} ${name}`, value] as const),
        );
        return Object.fromEntries(entries);
      },
    }),
    ...(checked.length > 0 && {
      check: async (whole) => {
        for (const { transform, state } of checked) await transform.check?.(state(whole));
      },
    }),
  };
}
