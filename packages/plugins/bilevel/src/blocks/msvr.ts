import { atLeastOne, check, nonNegative, positive, type Rule } from '@core/registry/checks';
import { Tensor, scatterAdd, take } from '@core/tensor';
import { combine } from '../vectors.js';

export interface MsvrOptions {
  /** α, the weight of what is new. In (0, 0.9], since γ is singular at 1; a scalar tensor, of a schedule, is cut at 0.9. */
  readonly alpha: number | Tensor;
  /** m, the number of functions. */
  readonly blocks: number;
  /** I, how many are seen at a step. */
  readonly sampled: number;
  /** γ, the weight of the change. At least 0. Default (m - I)/(I (1 - α)) + 1 - α; 0 for a moving average. */
  readonly gamma?: number;
}

export interface Msvr {
  readonly gamma: number | Tensor;
  /**
   * The estimates [m, …] with those of the seen functions, at `indices` [I], moved:
   * `u_i ← (1 - α) u_i + α now_i + γ (now_i - before_i)`, now and before [I, …] taken with the same samples. Other rows keep their bits.
   */
  readonly update: (estimates: Tensor, indices: Tensor, now: Tensor, before: Tensor) => Tensor;
}

const largest = 0.9;

export const alphaRule: Rule = {
  words: 'a number in (0, 0.9]',
  holds: (v) => positive.holds(v) && Number(v) <= largest,
};

/**
 * The multi-block-single-probe variance reduced estimator: follows m functions of a moving point of which I are seen at each step.
 * With I = m it is `storm` on every block. γ is large where few are seen, so `now` and `before` must share their samples.
 *
 * Source: Jiang et al. 2022 (arXiv:2207.08540).
 *
 * @throws ArgumentError for options
 */
export function msvr(options: MsvrOptions): Msvr {
  const owner = 'msvr';
  const { blocks, sampled } = options;
  if (!(options.alpha instanceof Tensor)) check(owner, 'alpha', options.alpha, alphaRule);
  check(owner, 'blocks', blocks, atLeastOne);
  check(owner, 'sampled', sampled, atLeastOne);
  check(owner, 'sampled', sampled, { words: `at most the ${blocks} blocks`, holds: () => sampled <= blocks });
  const alpha = options.alpha instanceof Tensor ? options.alpha.minimum(largest) : options.alpha;
  const gamma = options.gamma ?? unbiased(alpha, (blocks - sampled) / sampled);
  if (!(gamma instanceof Tensor)) check(owner, 'gamma', gamma, nonNegative);
  return {
    gamma,
    update: (estimates, indices, now, before) => {
      const old = take(estimates, indices);
      return scatterAdd(estimates, indices, combine([alpha, now.sub(old)], [gamma, now.sub(before)]));
    },
  };
}

/** (m - I)/I / (1 - α) + 1 - α */
function unbiased(alpha: number | Tensor, ratio: number): number | Tensor {
  if (!(alpha instanceof Tensor)) return ratio / (1 - alpha) + 1 - alpha;
  const kept = alpha.neg().add(1);
  return kept.reciprocal().mul(ratio).add(kept);
}
