import type { Optimizer, Schedule } from '@core/registry';
import { ArgumentError, Tensor, tensor, tree, type Tree } from '@core/tensor';

export interface SignumOptions {
  /** Length of each coordinate's step, a number or a schedule of the step count. Default 1e-3. */
  readonly learningRate?: number | Schedule;
  /** Share of the running mean that is kept, beta of the paper. Default 0.9. */
  readonly momentum?: number;
}

export type SignumState = {
  /** Steps done so far, int32 scalar. */
  readonly count: Tensor;
  /** Running mean of the gradients, m of the paper. */
  readonly mean: Tree;
};

/**
 * Signum: steps by the sign of a running mean of the gradients.
 *
 * m <- beta m + (1 - beta) g,  x <- x - eta sign(m)
 *
 * @throws ArgumentError for a learning rate that is negative or NaN, or a momentum outside of [0, 1)
 * @see Bernstein, Wang, Azizzadenesheli, Anandkumar, "signSGD", 2018, algorithm 2. https://arxiv.org/abs/1802.04434
 */
export function signum({ learningRate = 1e-3, momentum = 0.9 }: SignumOptions = {}): Optimizer<SignumState> {
  if (typeof learningRate === 'number' && !(learningRate >= 0)) {
    throw new ArgumentError(`signum: learningRate is ${String(learningRate)}; it is 0 or more`);
  }
  if (!(momentum >= 0 && momentum < 1)) {
    throw new ArgumentError(`signum: momentum is ${String(momentum)}; it is from 0 to below 1`);
  }
  const rateAt = (count: Tensor): Tensor | number =>
    typeof learningRate === 'number' ? learningRate : learningRate(count);
  return {
    init: (params) => ({
      count: tensor(0, { dtype: 'int32' }),
      mean: tree.map((p: Tensor) => p.mul(0), params),
    }),
    update(grads, { count, mean }) {
      const rate = rateAt(count);
      const next = tree.map((m: Tensor, g: Tensor) => m.mul(momentum).add(g.mul(1 - momentum)), mean, grads);
      // A schedule's value has a dtype of its own; the updates keep that of the parameters.
      const step = (m: Tensor): Tensor =>
        m
          .sign()
          .mul(rate instanceof Tensor ? rate.cast(m.dtype) : rate)
          .neg();
      return { updates: tree.map(step, next), state: { count: count.add(1), mean: next } };
    },
  };
}
