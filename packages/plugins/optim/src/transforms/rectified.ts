import { where, type Tensor } from '@core/tensor';
import { complement } from '../math.js';

/**
 * RAdam's rectification at step t, for AdaBelief as well. N∞ = 2 / (1 - β₂) - 1 and N = N∞ - 2 t β₂ᵗ / (1 - β₂ᵗ).
 *
 * Source: Liu et al. 2020 (arXiv:1908.03265), algorithm 2, with the authors' N >= 5 in place of the paper's N > 4.
 *
 * @param correction2 1 - β₂ᵗ
 * @returns whether N >= 5, and √((1 - β₂ᵗ) (N - 4)/(N∞ - 4) (N - 2)/N · N∞/(N∞ - 2))
 */
export function rectified(
  beta2: Tensor,
  correction2: Tensor,
  t: Tensor,
): { adaptive: Tensor; rectification: Tensor } {
  const longest = complement(beta2).reciprocal().mul(2).sub(1);
  const power = complement(correction2);
  const n = longest.sub(t.cast(beta2.dtype).mul(power).div(correction2).mul(2));
  const adaptive = n.greaterEqual(5);
  // Below 5 the root may have no value, and β₂ <= 0.6 never gets there: 1 stands in, and is not used.
  const term = n
    .sub(4)
    .div(longest.sub(4))
    .mul(n.sub(2).div(n))
    .mul(longest.div(longest.sub(2)))
    .mul(correction2);
  return { adaptive, rectification: where(adaptive, term, 1).sqrt() };
}
