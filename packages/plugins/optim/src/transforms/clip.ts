import { check } from '@core/registry/checks';
import { tree, zeros, type DType, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { checkParams, leafwise } from '../leaves.js';
import { inDType, root, scalarDType } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export type ClipByValueState = HyperparameterState<'maxValue'>;
export type ClipByGlobalNormState = HyperparameterState<'maxNorm'>;

/**
 * Keeps every element within [-maxValue, maxValue]. NaN stays NaN.
 *
 * @param maxValue greater than 0
 * @throws ArgumentError
 */
export function clipByValue(maxValue: Hyperparameter): Transform<ClipByValueState> {
  const owner = 'clipByValue';
  check(owner, 'maxValue', maxValue, hyper(ranges.maxValue));
  const numbers = hyperparameters(owner, { maxValue });
  return {
    init: () => numbers.init(),
    update: (grads, state, params) => {
      const bound = numbers.read(state).maxValue;
      const scalars = inDType({ high: bound, low: bound.neg() });
      const { updates } = leafwise(owner, params, { grads }, ['updates'], ({ grads: g }) => {
        const { low, high } = scalars(g.dtype);
        return { updates: g.clip(low, high) };
      });
      return { updates, state: numbers.advance(state) };
    },
  };
}

/** √Σ x² over all elements of all leaves; a scalar of the widest dtype among them, 0 for no leaves. */
export function globalNorm(of: Tree): Tensor {
  checkParams('globalNorm', of);
  const squares = sumOfSquares(of);
  // `root` is just above 0 at 0.
  return root(squares).mul(squares.greater(0).cast(squares.dtype));
}

function sumOfSquares(of: Tree): Tensor {
  const leaves = tree.leaves(of);
  const widest: DType = leaves.some((leaf) => leaf.dtype === 'float64') ? 'float64' : 'float32';
  return leaves
    .map((leaf) => leaf.square().sum().cast(widest))
    .reduce((sum, part) => sum.add(part), zeros([], { dtype: widest }));
}

/**
 * Shortens the gradients, all leaves together, to a Euclidean norm of at most maxNorm:
 *
 *     updates = g · min(1, maxNorm / ‖g‖)
 *
 * Source: Pascanu et al. 2013 (arXiv:1211.5063), algorithm 1. (torch's clip_grad_norm_ divides by ‖g‖ + 1e-6.)
 *
 * @param maxNorm greater than 0
 * @throws ArgumentError
 */
export function clipByGlobalNorm(maxNorm: Hyperparameter): Transform<ClipByGlobalNormState> {
  const owner = 'clipByGlobalNorm';
  check(owner, 'maxNorm', maxNorm, hyper(ranges.maxNorm));
  const numbers = hyperparameters(owner, { maxNorm });
  return {
    init: () => numbers.init(),
    update: (grads, state, params) => {
      const bound = numbers.read(state).maxNorm;
      const norm = globalNorm(grads).cast(scalarDType());
      const scalars = inDType({ factor: bound.div(norm.maximum(bound)) });
      const { updates } = leafwise(owner, params, { grads }, ['updates'], ({ grads: g }) => ({
        updates: g.mul(scalars(g.dtype).factor),
      }));
      return { updates, state: numbers.advance(state) };
    },
  };
}
