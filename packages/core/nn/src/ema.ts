import { tree, zeros } from '@core/tensor';
import type { Tensor, Tree } from '@core/tensor';
import { inRange } from './check.js';

/** A moving average of parameters and how many values it has seen. */
export type EmaState = { average: Tree; count: Tensor };

export interface EmaOptions {
  /** Divide by 1 - decay^count, as if the average had begun with the first value instead of zero. Default false. */
  readonly debias?: boolean;
}

/**
 * Exponential moving average of a tree: average <- decay·average + (1-decay)·value. Works inside jit.
 *
 * Without `debias` the average starts at the first tree; with it at zero, corrected on reading (Kingma & Ba 2015, section 3).
 */
export function ema(
  decay: number,
  { debias = false }: EmaOptions = {},
): {
  init: (params: Tree) => EmaState;
  update: (state: EmaState, params: Tree) => EmaState;
  value: (state: EmaState) => Tree;
} {
  inRange('ema', 'decay', decay, 0, 1);
  return {
    init: (params) => ({
      average: debias ? tree.map((x) => x.mul(0), params) : params,
      count: zeros([], { dtype: 'int32' }),
    }),
    update: ({ average, count }, params) => ({
      average: tree.map((old, now) => old.mul(decay).add(now.mul(1 - decay)), average, params),
      count: count.add(1),
    }),
    value: ({ average, count }) => {
      if (!debias) return average;
      return tree.map((x) => {
        const seen = count.cast(x.dtype).mul(Math.log(decay)).expm1().neg();
        return x.div(seen);
      }, average);
    },
  };
}
