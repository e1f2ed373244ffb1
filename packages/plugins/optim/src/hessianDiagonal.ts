import { check, functionRule, positive } from '@core/registry/checks';
import { ArgumentError, hvp, random, tree, type Tensor, type Tree } from '@core/tensor';
import { checkParams } from './leaves.js';

/**
 * Hutchinson's estimate of the diagonal of a loss' Hessian: z ⊙ (∇²f(w) z) with independent signs z, whose mean is exact. It
 * costs a Hessian-vector product, about three gradients, and may be negative.
 *
 * Source: Hutchinson 1989; Liu et al. 2023 (arXiv:2305.14342), algorithm 1, with signs in place of normal numbers: their
 * variance is the least there is, and a diagonal Hessian's estimate is exact.
 *
 * @param loss of the parameters, a scalar: mean loss of a small batch
 * @param params tree of floats
 * @param key for `random`, used for this estimate only
 * @returns a tree of the parameters' structure, shapes and dtypes
 */
export function hutchinson<P extends Tree>(loss: (params: P) => Tensor, params: P, key: Tensor): P {
  check('hutchinson', 'loss', loss, functionRule);
  checkParams('hutchinson', params);
  const { leaves, definition } = tree.flatten(params);
  const keys = leaves.length === 0 ? [] : random.split(key, leaves.length);
  const signs = tree.unflatten(
    definition,
    leaves.map((leaf, i) => {
      const own = keys[i];
      if (own === undefined) throw new ArgumentError('hutchinson: there are fewer keys than leaves');
      return random.bernoulli(own, 0.5, leaf.shape).cast(leaf.dtype).mul(2).sub(1);
    }),
  ) as P; // the parameters' structure
  return tree.map((z: Tensor, product: Tensor) => z.mul(product), signs, hvp(loss, params, signs));
}

/**
 * The Gauss-Newton-Bartlett estimate of the diagonal of the Hessian: B ĝ², where ĝ is the gradient of the batch's mean
 * cross entropy with labels drawn from the model itself (`random.categorical(key, logits)`), not the true ones.
 * It costs one gradient and is never negative.
 *
 * Source: Liu et al. 2023 (arXiv:2305.14342), algorithm 2. The authors' code multiplies by B in the step.
 *
 * @param grads ĝ
 * @param batchSize B: of how many losses the mean was taken; for language models tokens count, as in the authors' code. Greater
 *   than 0
 */
export function gaussNewtonBartlett<P extends Tree>(grads: P, batchSize: number): P {
  check('gaussNewtonBartlett', 'batchSize', batchSize, positive);
  checkParams('gaussNewtonBartlett', grads);
  return tree.map((g: Tensor) => g.square().mul(batchSize), grads);
}
