import { isSpec, type Context, type Normalization } from '@core/registry';
import { random, type DType } from '@core/tensor';
import type { Layer } from '@core/nn';
import type { Tree } from '@core/tensor';
import type { Momentum } from '../layers/momentum.js';

/** A layer whose parameters do not start at random, as a normalisation of the registry. */
export function asNormalization<P extends Tree, S extends Tree>(
  layer: Layer<P, S>,
  dtype: DType,
): Normalization<P, S> {
  return {
    init: (inputShape) => {
      const { params, state } = layer.init(random.key(0), inputShape, { dtype });
      return { params, state };
    },
    apply: (params, state, x, options) => layer.apply(params, state, x.cast(dtype), options),
  };
}

/** A number, or the schedule that a recipe names. */
export async function momentumFrom(
  config: number | { readonly use: string },
  context: Context,
): Promise<Momentum> {
  return isSpec(config) ? context.use(config, 'schedule') : Number(config);
}
