import { DTypeError, take } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { checkNumbers, positiveInteger, show } from './check.js';
import { normal } from './initializers.js';
import type { Initializer } from './initializers.js';
import type { Empty, Layer } from './layer.js';
import { learned } from './layer.js';
import type { LoraAdapter } from './linear.js';

/**
 * Rows of the weight [count, size] at int32 ids of any shape: [...] -> [..., size].
 *
 * @throws DTypeError for ids of another dtype; IndexError for ids outside 0..count-1 (outside jit)
 */
export function embed(ids: Tensor, weight: Tensor): Tensor {
  if (ids.dtype !== 'int32')
    throw new DTypeError(`embedding: ids must be int32, got ${ids.dtype}${show(ids.shape)}`);
  checkNumbers('embedding', 'id', ids, weight.shape[0]!);
  return take(weight, ids, 0);
}

/** A learned vector of `size` numbers for each of `count` ids. Starts at N(0, 1), as PyTorch. */
export function embedding(
  count: number,
  size: number,
  { initializer = normal(1) }: { initializer?: Initializer } = {},
): Layer<{ weight: Tensor; adapter?: LoraAdapter }, Empty> {
  positiveInteger('embedding', 'count', count);
  positiveInteger('embedding', 'size', size);
  return learned<{ weight: Tensor; adapter?: LoraAdapter }>(
    'embedding',
    (key, inputShape, dtype) => ({
      params: { weight: initializer(key, [count, size], { dtype }) },
      outputShape: [...inputShape, size],
    }),
    ({ weight, adapter }, ids) => {
      const rows = embed(ids, weight);
      return adapter === undefined ? rows : rows.add(embed(ids, adapter.B).matmul(adapter.A));
    },
  );
}
