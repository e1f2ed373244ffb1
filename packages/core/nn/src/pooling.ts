import { avgPool2d, maxPool2d, zeros } from '@core/tensor';
import type { Shape, Tensor } from '@core/tensor';
import { batchRank, exampleRank } from './check.js';
import type { Empty, Layer } from './layer.js';
import { stateless } from './layer.js';

type Pair = readonly [number, number];

export interface PoolingOptions {
  /** Default: the window. */
  readonly stride?: number | Pair;
  readonly padding?: number | Pair;
}

function pooling(name: string, pool: (x: Tensor) => Tensor): Layer<Empty, Empty> {
  const shape = (inputShape: Shape): Shape => {
    exampleRank(name, inputShape, 3, '[channels, height, width]');
    return pool(zeros([1, ...inputShape])).shape.slice(1);
  };
  return stateless((x) => {
    batchRank(name, x, 4, '[batch, channels, height, width]');
    return pool(x);
  }, shape);
}

/** The largest value of each window of examples [channels, height, width]. */
export function maxPooling2d(window: number | Pair, options: PoolingOptions = {}): Layer<Empty, Empty> {
  return pooling('maxPooling2d', (x) => maxPool2d(x, window, options));
}

/** The mean of each window. */
export function averagePooling2d(
  window: number | Pair,
  options: PoolingOptions & { readonly countIncludePad?: boolean } = {},
): Layer<Empty, Empty> {
  return pooling('averagePooling2d', (x) => avgPool2d(x, window, options));
}

/** The mean over all positions: [channels, ...] -> [channels]. */
export function globalAveragePooling(): Layer<Empty, Empty> {
  return stateless(
    (x) => x.flatten(2).mean(2),
    (inputShape) => inputShape.slice(0, 1),
  );
}
