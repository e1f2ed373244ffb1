import {
  atLeastOne,
  belowOne,
  check,
  checkOptions,
  checkRequired,
  functionRule,
  show,
} from '@core/registry/checks';
import {
  ArgumentError,
  ShapeError,
  onesLike,
  scatterAdd,
  take,
  tensor,
  zeros,
  zerosLike,
  type Tensor,
  type Tree,
} from '@core/tensor';
import { leafwise, likeParams } from '../leaves.js';
import { scalarDType } from '../math.js';
import { ravel } from '../ravel.js';
import { dampingRule } from './gram.js';
import { inverseFisher } from './inverseFisher.js';
import { obsScores, obsUpdate } from './obs.js';

export interface ObsPruneOptions {
  /** Share of all weights that is 0 in the end. In [0, 1). */
  readonly sparsity: number;
  /** What is left already: a tree like the parameters, 0 for weights that are dropped. Default: all. */
  readonly mask?: Tree;
  /** δ. Greater than 0. Default 1e-5. */
  readonly damping?: number | Tensor;
  /** As of `inverseFisher`; counts weights that are left. Default: no blocks. */
  readonly blockSize?: number;
  /** Rounds, each with new gradients; sparsity grows so that each leaves the same share of weights. Default 1. */
  readonly rounds?: number;
}

/**
 * Prunes by the Optimal Brain Surgeon with M-FAC's inverse Fisher matrix: in each round the weights with the smallest
 * `obsScores` go, and the others make up for it (`obsUpdate`). One score decides among all leaves.
 *
 * Runs eagerly: how many weights are left is a number. To keep them at 0 in training, multiply updates by the mask, or use
 * `mfac({ sparse: true })`.
 *
 * Source: Frantar et al. 2021 (arXiv:2107.03356); IST-DASLab/M-FAC (main_prun.py): 64 gradients of batches and
 * 16 rounds there. That file leaves the last of its gradients at zero; here all that are given count.
 *
 * @param params a tree of floats
 * @param gradients called in each round with the parameters and the round's number, from 0; returns m gradients (of one
 *   example or batch each), a tree with leaves [m, ...shape]
 * @returns the parameters, and the mask: 1 for weights that are left, 0 for those that are not
 * @throws ArgumentError, also for gradients that are not finite and for a sparsity below the present one; TreeError,
 *   ShapeError, DTypeError
 */
export function obsPrune<P extends Tree>(
  params: P,
  gradients: (params: P, round: number) => Tree,
  options: ObsPruneOptions,
): { params: P; mask: P } {
  const owner = 'obsPrune';
  check(owner, 'gradients', gradients, functionRule);
  checkOptions(owner, options, {
    sparsity: belowOne,
    mask: { words: 'a tree', holds: (value) => typeof value === 'object' && value !== null },
    damping: dampingRule,
    blockSize: atLeastOne,
    rounds: atLeastOne,
  });
  checkRequired(owner, options, ['sparsity']);
  const { sparsity, mask = likeParams(owner, params, onesLike), rounds = 1, ...rest } = options;
  leafwise(owner, params, { mask }, [], () => ({}));

  const dtype = scalarDType();
  const { size, back, vector } = ravel(owner, params, dtype);
  let left = alive(ravel(owner, mask, dtype).vector);
  let weights = take(vector, left);
  const start = size === 0 ? 0 : 1 - left.size / size;
  if (sparsity < start - 1e-9)
    throw new ArgumentError(`${owner}: ${start} of the weights are dropped already, more than ${sparsity}`);
  const whole = (x: Tensor): P => back(scatterAdd(zeros([size], { dtype }), left, x)) as P; // of the parameters' structure
  for (let round = 0; round < rounds; round++) {
    const target = 1 - (1 - start) * ((1 - sparsity) / (1 - start)) ** ((round + 1) / rounds);
    // The small number is for products such as 0.3 · 60 that come out just below a whole one.
    const count = Math.floor(size * target - (size - left.size) + 1e-6);
    if (count < 1) continue;
    const rows = ravel(owner, checked(owner, gradients(whole(weights), round), params), dtype, 1).vector;
    const inverse = inverseFisher(take(rows, left, 1), rest);
    const scores = obsScores(weights, inverse) as Tensor; // of one tensor
    if (!Array.from(scores.dataSync(), Number).every(Number.isFinite))
      throw new ArgumentError(
        `${owner}: scores are not finite in round ${round}; the gradients are not either`,
      );
    const order = scores.argsort();
    const dropped = scatterAdd(zerosLike(weights), order.slice([0], [count]), 1);
    const stay = order.slice([count]).sort(); // in their old order, which blocks go by
    weights = take(obsUpdate(weights, dropped, inverse), stay);
    left = take(left, stay);
  }
  return { params: whole(weights), mask: whole(onesLike(weights)) };
}

/** Places of the elements that are not 0. */
function alive(mask: Tensor): Tensor {
  const found = Array.from(mask.dataSync(), Number).flatMap((x, i) => (x === 0 ? [] : [i]));
  return tensor(Int32Array.from(found), { dtype: 'int32' });
}

/** Gradients, once they are known to be [m, ...shape] for each parameter. */
function checked(owner: string, gradients: Tree, params: Tree): Tree {
  const one = likeParams(owner, gradients, (g) => {
    if (g.ndim > 0 && g.shape[0] !== 0) return g.at(0);
    throw new ShapeError(`${owner}: gradients must be [m, ...shape] with m of at least 1, got ${show(g)}`);
  });
  leafwise(owner, params, { gradients: one }, [], () => ({}));
  return gradients;
}
