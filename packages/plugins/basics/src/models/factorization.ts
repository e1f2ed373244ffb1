import { DTypeError, ShapeError, full, random, zeros } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { embed, learned, normal } from '@core/nn';
import type { Empty, Layer } from '@core/nn';
import { wholeNumbers } from '../checks.js';

/** Options of `factorization`. */
export interface FactorizationOptions {
  /** Default 200. */
  readonly users?: number;
  /** Default 150. */
  readonly items?: number;
  /** Length of the vectors. Default 4. */
  readonly rank?: number;
  /** Rating to start from; it is learned. Default 3.5. */
  readonly mean?: number;
}

/** Vectors and a bias for each user, or each item. */
type Side = { readonly weight: Tensor; readonly bias: Tensor };

export type FactorizationParams = { readonly user: Side; readonly item: Side; readonly mean: Tensor };

/**
 * Matrix factorisation with biases: mean + b_user + b_item + p_user · q_item. Koren, Bell and Volinsky 2009, eq. 4.
 *
 * Vectors start at N(0, 0.1²): at 0 their gradient would be 0 for ever. Biases start at 0.
 *
 * Shapes: int32 [batch, 2] of user and item to [batch, 1]. Parameters `user.weight` [users, rank], `user.bias` [users], the
 * same for `item`, and `mean` [1].
 * @throws ArgumentError for sizes below 1; `init` and `apply` throw ShapeError, DTypeError for other inputs, IndexError for
 *   users or items that there are not (outside jit)
 */
export function factorization({
  users = 200,
  items = 150,
  rank = 4,
  mean = 3.5,
}: FactorizationOptions = {}): Layer<FactorizationParams, Empty> {
  wholeNumbers('factorization', { users, items, rank });
  return learned<FactorizationParams>(
    'factorization',
    (key, inputShape, dtype) => {
      if (inputShape.join() !== '2')
        throw new ShapeError(
          `factorization: examples must have the shape [2] (user, item), got [${inputShape.join(',')}]`,
        );
      const [userKey, itemKey] = random.split(key);
      const side = (from: Tensor, count: number): Side => ({
        weight: normal(0.1)(from, [count, rank], { dtype }),
        bias: zeros([count], { dtype }),
      });
      return {
        params: { user: side(userKey, users), item: side(itemKey, items), mean: full([1], mean, { dtype }) },
        outputShape: [1],
      };
    },
    (params, pairs) => {
      if (pairs.dtype !== 'int32')
        throw new DTypeError(`factorization: users and items must be int32 numbers, got ${pairs.dtype}`);
      if (pairs.ndim !== 2 || pairs.shape[1] !== 2)
        throw new ShapeError(
          `factorization: input must have the shape [batch, 2] (user, item), got [${pairs.shape.join(',')}]`,
        );
      const [batch] = pairs.shape as [number];
      const column = (at: number): Tensor => pairs.slice([0, at], [batch, at + 1]);
      const [user, item] = [column(0), column(1)];
      const vectors = (ids: Tensor, { weight }: Side): Tensor => embed(ids.squeeze(1), weight);
      const bias = (ids: Tensor, side: Side): Tensor => embed(ids, side.bias);
      return vectors(user, params.user)
        .mul(vectors(item, params.item))
        .sum(1, { keepDims: true })
        .add(bias(user, params.user))
        .add(bias(item, params.item))
        .add(params.mean);
    },
  );
}
