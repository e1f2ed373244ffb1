import { check } from '@core/registry/checks';
import { where } from '@core/tensor';
import { perLeaf } from '../checks.js';
import { leafwise, perLeafValues } from '../leaves.js';
import { root } from '../math.js';
import type { Mask, Transform } from '../types.js';
import type { EmptyState } from './identity.js';

/**
 * Gives each leaf's update the length of the leaf: LAMB's and LARS' layerwise rate.
 *
 *     u ← u ‖w‖ / ‖u‖      as it is where one of the norms is 0
 *
 * Norms are over all elements of a leaf. No state.
 * Source: You et al. 2020 (arXiv:1904.00962), algorithm 2 with φ(z) = z, as in the authors' code.
 *
 * @param mask leaves that are adapted. Default all; biases and norms are often left out: `(path, param) => param.ndim > 1`
 * @throws ArgumentError, TreeError for a mask that does not fit the parameters
 */
export function scaleByTrustRatio(mask: Mask = true): Transform<EmptyState> {
  const owner = 'scaleByTrustRatio';
  check(owner, 'mask', mask, perLeaf);
  return {
    init: () => ({}),
    update: (grads, _state, params) => {
      const chosen = perLeafValues(owner, 'the mask', 'boolean', mask, params);
      const { updates } = leafwise(owner, params, { grads }, ['updates'], ({ grads: u, param, index }) => {
        if (chosen[index] !== true) return { updates: u };
        const [ofParam, ofUpdate] = [param.square().sum(), u.square().sum()];
        const both = ofParam.greater(0).logicalAnd(ofUpdate.greater(0));
        return { updates: u.mul(where(both, root(ofParam).div(root(ofUpdate)), 1)) };
      });
      return { updates, state: {} };
    },
  };
}
