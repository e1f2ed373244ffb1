import { ArgumentError, random, where, zerosLike } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { inRange } from './check.js';
import type { Empty, Layer } from './layer.js';
import { stateless } from './layer.js';

/**
 * Sets each element to zero with probability `rate` and scales the others by 1/(1-rate), so that the mean stays.
 * Srivastava et al. 2014.
 *
 * @throws ArgumentError for a rate outside 0..1
 */
export function dropout(key: Tensor, x: Tensor, rate: number): Tensor {
  inRange('dropout', 'rate', rate, 0, 1);
  if (rate === 0) return x;
  if (rate === 1) return zerosLike(x);
  return keepSome(key, x, 1 - rate);
}

/** Each element over `share` with that probability, else 0. The share, above 0, may be a scalar tensor. */
export function keepSome(key: Tensor, x: Tensor, share: number | Tensor): Tensor {
  // The same elements whatever the dtype: a tensor's would be drawn in its own.
  const probability = typeof share === 'number' ? share : share.cast('float32');
  return where(random.bernoulli(key, probability, x.shape), x.div(share), 0);
}

/** `dropout` as a layer: active in training only. @throws ArgumentError in training without a key */
export function dropoutLayer(rate = 0.5): Layer<Empty, Empty> {
  inRange('dropout', 'rate', rate, 0, 1);
  return stateless((x, { key, train = false }) => {
    if (!train || rate === 0) return x;
    return dropout(requireKey('dropout', key), x, rate);
  });
}

export function requireKey(layer: string, key: Tensor | undefined): Tensor {
  if (key !== undefined) return key;
  throw new ArgumentError(
    `${layer}: training needs a random key; pass { train: true, key }, a new key for every step`,
  );
}
