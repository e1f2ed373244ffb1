import { ArgumentError, random, scope, stack } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import type { Dataset, Split } from '@core/registry';
import { finiteFrom, wholeNumbers } from '../checks.js';
import { generated, splitKeys } from './splits.js';

/** Options of `ratings`. */
export interface RatingsOptions {
  /** Default 200. */
  readonly users?: number;
  /** Default 150. */
  readonly items?: number;
  /** Rank of the part of the ratings that is neither bias nor noise. Default 4. */
  readonly rank?: number;
  /** Standard deviation of what no model can explain; what can be explained has 1. Default 0.3. */
  readonly noise?: number;
  /** Known ratings to learn from. Default 9000. */
  readonly train?: number;
  /** Default 1500. */
  readonly validation?: number;
  /** Default 1500. */
  readonly test?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Some entries of a matrix of users' ratings of items: 3.5 + b_user + b_item + p_user · q_item + noise.
 *
 * Everything is drawn from normal distributions. The variance of what can be explained is 1: a quarter from the users'
 * biases, a quarter from the items', half from the vectors' products. No pair is drawn twice, so splits share no entry; a
 * model that knows the truth has a root mean squared error of `noise`.
 *
 * Shapes: inputs int32 [n, 2] of user and item, targets [n, 1].
 * @throws ArgumentError for sizes below 1, negative noise, or more ratings than there are pairs
 */
export function ratings(options: RatingsOptions = {}): Dataset {
  const name = 'Ratings';
  const { users = 200, items = 150, rank = 4, noise = 0.3, seed = 0 } = options;
  const { train = 9000, validation = 1500, test = 1500 } = options;
  wholeNumbers(name, { users, items, rank, train, validation, test });
  finiteFrom(name, 0, { noise });
  const total = train + validation + test;
  if (total > users * items)
    throw new ArgumentError(
      `${name}: train ${train} + validation ${validation} + test ${test} = ${total}, but ${users} users and ${items} items make ${users * items} pairs`,
    );
  const keys = splitKeys(seed);
  const starts: Record<Split, number> = { train: 0, validation: train, test: train + validation };
  return generated({
    name,
    inputShape: [2],
    classNames: [],
    sizes: { train, validation, test },
    make: (split, count) =>
      scope(() => {
        const [orderKey, ...drawn] = random.split(keys.shared, 5) as [Tensor, ...Tensor[]];
        const [user, item, userBias, itemBias] = drawn as [Tensor, Tensor, Tensor, Tensor];
        const start = starts[split];
        const pairs = random.permutation(orderKey, users * items).slice([start], [start + count]);
        const [u, i] = [pairs.floorDivide(items), pairs.remainder(items)];
        const normal = (key: Tensor, shape: readonly number[]): Tensor => random.normal(key, shape);
        const products = normal(user, [users, rank])
          .gather(u)
          .mul(normal(item, [items, rank]).gather(i))
          .sum(1)
          .mul(Math.sqrt(0.5 / rank));
        const biases = normal(userBias, [users])
          .gather(u)
          .add(normal(itemBias, [items]).gather(i))
          .mul(0.5);
        const unexplained = normal(keys[split], [count]).mul(noise);
        return {
          inputs: stack([u, i], 1).cast('int32'),
          targets: products.add(biases).add(unexplained).add(3.5).reshape([count, 1]),
        };
      }),
  });
}
