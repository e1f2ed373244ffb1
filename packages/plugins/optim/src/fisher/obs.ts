import { where, type Tree } from '@core/tensor';
import { leafwise } from '../leaves.js';
import type { InverseFisher } from './inverseFisher.js';

/**
 * The Optimal Brain Surgeon's scores: by how much the loss grows, to second order, if one weight becomes 0 and all others
 * move to make up for it.
 *
 *     score_i = w_i² / (2 [H⁻¹]_ii)
 *
 * Source: Hassibi & Stork 1992, "Second order derivatives for network pruning"; IST-DASLab/M-FAC (main_prun.py).
 *
 * @param params a tree of floats
 * @param inverse H⁻¹ of gradients at these parameters, from `inverseFisher`
 * @returns a tree like the parameters
 * @throws TreeError, ShapeError, DTypeError where the two do not belong together
 */
export function obsScores(params: Tree, inverse: InverseFisher): Tree {
  const { scores } = leafwise(
    'obsScores',
    params,
    { diagonal: inverse.diagonal() },
    ['scores'],
    ({ param, diagonal }) => ({ scores: param.square().div(diagonal.mul(2)) }),
  );
  return scores;
}

/**
 * The parameters with some weights dropped, and the others moved as the Optimal Brain Surgeon advises for each of those
 * alone, all together.
 *
 *     t_i = -w_i / [H⁻¹]_ii  where dropped, else 0;    w ← w + H⁻¹ t, and exactly 0 where dropped
 *
 * Source: as `obsScores`.
 *
 * @param params a tree of floats
 * @param dropped a tree like the parameters: not 0 for weights to drop
 * @param inverse H⁻¹ of gradients at these parameters, from `inverseFisher`
 * @throws TreeError, ShapeError, DTypeError where they do not belong together
 */
export function obsUpdate<P extends Tree>(params: P, dropped: Tree, inverse: InverseFisher): P {
  const owner = 'obsUpdate';
  const { aims } = leafwise(
    owner,
    params,
    { dropped, diagonal: inverse.diagonal() },
    ['aims'],
    ({ param, dropped: drop, diagonal }) => ({
      aims: where(drop.notEqual(0), param.div(diagonal).neg(), 0),
    }),
  );
  const { next } = leafwise(
    owner,
    params,
    { dropped, change: inverse.multiply(aims) },
    ['next'],
    ({ param, dropped: drop, change }) => ({ next: where(drop.notEqual(0), 0, param.add(change)) }),
  );
  return next as P; // the structure is the parameters'
}
