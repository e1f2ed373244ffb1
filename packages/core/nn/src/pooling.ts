import { ShapeError, avgPool2d, maxPool2d, zeros } from '@core/tensor';
import type { AvgPoolOptions, MaxPoolOptions, Shape, Tensor } from '@core/tensor';
import { batchRank, exampleRank, show } from './check.js';
import type { Empty, Layer } from './layer.js';
import { stateless } from './layer.js';

type Pair = readonly [number, number];

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

/**
 * The largest value of each window of examples [channels, height, width]; the stride is the window unless given.
 * @throws ShapeError for other examples, or ones smaller than the window
 */
export function maxPooling2d(window: number | Pair, options: MaxPoolOptions = {}): Layer<Empty, Empty> {
  return pooling('maxPooling2d', (x) => maxPool2d(x, window, options));
}

/** The mean of each window; otherwise as `maxPooling2d`. */
export function averagePooling2d(window: number | Pair, options: AvgPoolOptions = {}): Layer<Empty, Empty> {
  return pooling('averagePooling2d', (x) => avgPool2d(x, window, options));
}

/** The mean over all positions of each channel: examples [channels, ...] -> [channels]. */
export function globalAveragePooling(): Layer<Empty, Empty> {
  return stateless(
    (x) => {
      if (x.ndim < 3)
        throw new ShapeError(
          `globalAveragePooling: input must have the shape [batch, channels, ...], got ${show(x.shape)}`,
        );
      return x.flatten(2).mean(2);
    },
    (inputShape) => {
      if (inputShape.length < 2)
        throw new ShapeError(
          `globalAveragePooling: examples must have the shape [channels, ...], got ${show(inputShape)}`,
        );
      return inputShape.slice(0, 1);
    },
  );
}
