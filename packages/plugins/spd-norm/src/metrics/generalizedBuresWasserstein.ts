import type { Tensor } from '@core/tensor';
import { factorOf, whiten } from '../matrices/factors.js';
import { congruence, transposed } from '../matrices/support.js';
import { requireSquare } from '../checks.js';
import { buresWasserstein, type BuresWassersteinOptions } from './buresWasserstein.js';
import type { SpdMetric } from './metric.js';
import { pullback } from './pullback.js';

/**
 * The generalised Bures-Wasserstein metric with metric matrix M: the Bures-Wasserstein one of N⁻¹ P N⁻ᵀ, M = N Nᵀ. M = I is
 * Bures-Wasserstein; with M = P it is a quarter of the affine-invariant metric at P.
 *
 * @param metricMatrix M, SPD [n, n] or [..., n, n]; may be traced and differentiated
 * @throws LinalgError for an M that is not positive definite, with its smallest eigenvalue
 * Source: Han, Mishra, Jawanpuria and Gao, Learning with symmetric positive definite matrices via generalized
 *   Bures-Wasserstein geometry, 2023.
 */
export function generalizedBuresWasserstein(
  metricMatrix: Tensor,
  options: BuresWassersteinOptions = {},
): SpdMetric {
  const name = 'generalizedBuresWasserstein';
  const n = factorOf(name, 'metricMatrix', metricMatrix);
  const into = (v: Tensor): Tensor => whiten(fitting(n, v), v);
  const back = (v: Tensor): Tensor => congruence(fitting(n, v), v);
  return pullback(name, buresWasserstein(options), {
    map: (op, argument, p) => {
      requireSquare(`${name}.${op}`, argument, p);
      factorOf(`${name}.${op}`, argument, p);
      return into(p);
    },
    inverse: back,
    push: (_p, v) => into(v),
    pull: (_p, v) => back(v),
    gradient: (_p, g) => congruence(transposed(n), g),
    scale: 1,
  });
}

/** The factor with a stack's axis where x is a stack of one more axis. */
function fitting(factor: Tensor, x: Tensor): Tensor {
  return factor.ndim > 2 && x.ndim === factor.ndim + 1 ? factor.expandDims(-3) : factor;
}
