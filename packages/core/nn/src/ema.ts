import { ArgumentError, isFloat, tree, where, zeros, zerosLike } from '@core/tensor';
import type { Tensor, Tree } from '@core/tensor';
import { inRange } from './check.js';

/** A moving average of parameters and how many values it has seen. */
export type EmaState<T extends Tree = Tree> = { average: T; count: Tensor };

export interface EmaOptions {
  /** Divide by 1 - decay^count, as if the average had begun with the first value instead of zero. Default false. */
  readonly debias?: boolean;
}

/**
 * Exponential moving average of a tree: average <- decay·average + (1-decay)·value. Works inside jit. Leaves that are not
 * floats (counters) are not averaged: the newest stands.
 *
 * Without `debias` the average starts at the first tree; with it at zero, corrected on reading (Kingma & Ba 2015, section
 * 3); before the first update `value` is then 0.
 *
 * @throws ArgumentError for a decay outside 0..1; TreeError for parameters of another structure
 */
export function ema(
  decay: number,
  { debias = false }: EmaOptions = {},
): {
  init: <T extends Tree>(params: T) => EmaState<T>;
  update: <T extends Tree>(state: EmaState<T>, params: T) => EmaState<T>;
  value: <T extends Tree>(state: EmaState<T>) => T;
} {
  inRange('ema', 'decay', decay, 0, 1);
  if (debias && decay === 1)
    throw new ArgumentError('ema: decay must be below 1 with debias, else nothing ever enters the average');
  return {
    init: (params) => ({
      average: debias ? tree.map(zerosLike, params) : params,
      count: zeros([], { dtype: 'int32' }),
    }),
    update: ({ average, count }, params) => ({
      average: tree.map(
        (old, now) => (isFloat(old.dtype) ? old.mul(decay).add(now.mul(1 - decay)) : now),
        average,
        params,
      ),
      count: count.add(1),
    }),
    value: ({ average, count }) => {
      if (!debias) return average;
      return tree.map((x) => {
        if (!isFloat(x.dtype)) return x;
        const seen = count.cast(x.dtype).mul(Math.log(decay)).expm1().neg();
        return x.div(where(count.equal(0), 1, seen));
      }, average);
    },
  };
}
