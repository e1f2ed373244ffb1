import { grad, tree, type DType, type Tensor, type Tree } from '@core/tensor';
import type { Optimizer } from '../kinds/optimizer.js';
import { randomTensor } from './law.js';

export type Params = Readonly<Record<string, Tensor>>;

/** A matrix, a vector and a scalar: what rules that treat ranks differently must all take. */
export function startingPoint(seed: number, dtype: DType): Params {
  return {
    weight: randomTensor(seed, [3, 2], dtype),
    bias: randomTensor(seed + 10, [2], dtype),
    scale: randomTensor(seed + 20, [], dtype),
  };
}

/** f(p) = 1/2 sum of a (p - c)^2 with curvatures 1, 2 and 4 and minimum at c = 0.5. */
export function quadratic(params: Tree): Tensor {
  const terms = tree.leaves(params).map((leaf, index) =>
    leaf
      .sub(0.5)
      .square()
      .sum()
      .mul(0.5 * 2 ** index),
  );
  return terms.reduce((sum, term) => sum.add(term));
}

/** f(x, y) = (1 - x)^2 + 100 (y - x^2)^2, for a tree { x, y }. */
export function rosenbrock(params: Tree): Tensor {
  const [x, y] = tree.leaves(params) as [Tensor, Tensor]; // { x, y }
  return x.sub(1).square().add(y.sub(x.square()).square().mul(100)).sum();
}

/** Adding keeps the parameters' dtype only if the updates have it, which another law demands. */
function applyUpdates(params: Tree, updates: Tree): Tree {
  return tree.map((p: Tensor, u: Tensor) => p.add(u), params, updates);
}

export function step(
  optimizer: Optimizer,
  f: (params: Tree) => Tensor,
  params: Tree,
  state: Tree,
): { params: Tree; state: Tree } {
  const next = optimizer.update(grad(f)(params), state, params);
  return { params: applyUpdates(params, next.updates), state: next.state };
}

export function descend(
  optimizer: Optimizer,
  f: (params: Tree) => Tensor,
  start: Tree,
  steps: number,
): { params: Tree; state: Tree } {
  let at = { params: start, state: optimizer.init(start) };
  for (let count = 0; count < steps; count++) at = step(optimizer, f, at.params, at.state);
  return at;
}
