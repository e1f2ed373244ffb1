import { atLeastOne, check, checkOptions, checkRequired, flag, fraction, positive, type Rule } from '@core/registry/checks'; // prettier-ignore
import { Tensor, zeros } from '@core/tensor';
import type { Schedule } from '@core/registry';

/** Weight of the newest batch in running statistics: a number in [0, 1], or a schedule of the training batches seen before. */
export type Momentum = number | Schedule;

export const momentumRule: Rule = {
  words: `${fraction.words} or a schedule`,
  holds: (value) => typeof value === 'function' || fraction.holds(value),
};

/** What a layer's state has more than statistics: the training batches seen, int32 [], where a schedule asks for them. */
export type Counted = { count?: Tensor };

export const initialCount = (momentum: Momentum): Counted =>
  typeof momentum === 'function' ? { count: zeros([], { dtype: 'int32' }) } : {};

/** The weight of this batch, and the count after it. */
export function nextWeight(
  momentum: Momentum,
  { count }: Counted,
  like: Tensor,
): { weight: number | Tensor; counted: Counted } {
  if (typeof momentum !== 'function') return { weight: momentum, counted: {} };
  const seen = count ?? zeros([], { dtype: 'int32' });
  const weight = momentum(seen);
  return {
    weight: weight instanceof Tensor ? weight.cast(like.dtype) : weight,
    counted: { count: seen.add(1) },
  };
}

export interface BatchNormMomentumOptions {
  readonly epochs: number;
  /** Training batches of an epoch. */
  readonly stepsPerEpoch: number;
  /** Size of the batches, of one domain. Default 10, as in the official configuration (50 in 5 domains). */
  readonly batchSize?: number;
  /** Size at which `decay` is right, at least `batchSize`. Default 50, official. */
  readonly referenceBatchSize?: number;
  /** τ₀ in (0, 1): share of the old statistics in the first epoch. Default 0.85, official. */
  readonly decay?: number;
  /**
   * The weight of the newest batch is the share τ itself, as the official code sets it, instead of 1 - τ: running statistics are
   * then nearly those of the last batch. Default false.
   */
  readonly official?: boolean;
}

/**
 * Momentum that goes with the epochs from 1 - τ₀ to 1 - τ₀^(b / b₀): statistics of small batches are averaged over more of them as
 * training settles.
 *
 *     w = (E - k) / (E - 1) in epoch k = 1 … E,   τ = τ₀^(w + (1 - w) b / b₀),   momentum 1 - τ
 *
 * GBWBN's own code has a constant 0.1. This is `MomentumBatchNormScheduler` of TSMNet, which LieBN's EEG experiments use, for the
 * statistics of evaluation; that code besides blends the running mean into training batches, which is not done here.
 *
 * Source: Yong et al. 2020, Momentum Batch Normalization; code GitZH-Chen/LieBN, LieBN_TSMNet/spdnets.
 *
 * @throws ArgumentError
 */
export function batchNormMomentum(
  options: BatchNormMomentumOptions,
): (count: number | Tensor) => number | Tensor {
  const owner = 'batchNormMomentum';
  const size = {
    epochs: atLeastOne,
    stepsPerEpoch: atLeastOne,
    batchSize: positive,
    referenceBatchSize: positive,
  };
  checkOptions(owner, options, { ...size, decay: positive, official: flag });
  checkRequired(owner, options, ['epochs', 'stepsPerEpoch']);
  const { epochs, stepsPerEpoch, batchSize = 10, referenceBatchSize = 50 } = options;
  const { decay = 0.85, official = false } = options;
  check(owner, 'decay', decay, { words: 'a number in (0, 1)', holds: (x) => Number(x) < 1 });
  check(owner, 'batchSize', batchSize, {
    words: `at most referenceBatchSize, ${referenceBatchSize}`,
    holds: (x) => Number(x) <= referenceBatchSize,
  });
  const share = batchSize / referenceBatchSize;
  const last = Math.max(epochs - 1, 1);
  return (count) => {
    if (typeof count === 'number') {
      const w = Math.max(last - Math.floor(count / stepsPerEpoch), 0) / last;
      const tau = decay ** (w + (1 - w) * share);
      return official ? tau : 1 - tau;
    }
    const epoch = count.cast('float32').div(stepsPerEpoch).floor();
    const w = epoch.neg().add(last).maximum(0).div(last);
    const tau = w
      .mul(1 - share)
      .add(share)
      .mul(Math.log(decay))
      .exp();
    return official ? tau : tau.neg().add(1);
  };
}
