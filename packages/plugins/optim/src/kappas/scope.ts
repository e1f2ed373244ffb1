import { show, type Rule } from '@core/registry/checks';
import { ShapeError, Tensor, tree, zeros, type Tree } from '@core/tensor';
import { scalarDType } from '../math.js';
import { ravel } from '../ravel.js';
import type { Kappa } from './kappa.js';

/** What a K is a function of: each leaf for itself (and K is the sum), or all leaves as one vector. */
export type KappaScope = 'leaf' | 'tree';

export const kappaRule: Rule = {
  words: 'a Kappa ({ value, gradient, conjugate }), such as kappas.huber(0.5)',
  holds: (value) => {
    const { value: k, gradient, conjugate } = (value ?? {}) as Partial<Kappa>;
    return [k, gradient, conjugate].every((part) => typeof part === 'function');
  },
};

/** K of a tree. */
export interface TreeKappa {
  value(x: Tree): Tensor;
  gradient(x: Tree): Tree;
  conjugate(y: Tree): Tensor;
}

export function overTree(owner: string, kappa: Kappa, scope: KappaScope): TreeKappa {
  const gradient = (x: Tensor): Tensor => {
    const made: unknown = kappa.gradient(x);
    if (made instanceof Tensor && made.shape.join() === x.shape.join() && made.dtype === x.dtype) return made;
    throw new ShapeError(`${owner}: the gradient of ${kappa.name} must be ${show(x)} like its argument, is ${show(made)}`); // prettier-ignore
  };
  const sum = (of: (x: Tensor) => Tensor, x: Tree): Tensor =>
    tree
      .leaves(x)
      .reduce((total, leaf) => total.add(of(leaf).cast(scalarDType())), zeros([], { dtype: scalarDType() }));
  if (scope === 'leaf')
    return {
      value: (x) => sum(kappa.value, x),
      gradient: (x) => tree.map(gradient, x),
      conjugate: (y) => sum(kappa.conjugate, y),
    };
  const vector = (x: Tree) => ravel(owner, x, scopeDType(x));
  return {
    value: (x) => kappa.value(vector(x).vector).cast(scalarDType()),
    gradient: (x) => {
      const { vector: flat, back } = vector(x);
      return back(gradient(flat));
    },
    conjugate: (y) => kappa.conjugate(vector(y).vector).cast(scalarDType()),
  };
}

/** float64 if a leaf is. */
function scopeDType(x: Tree): 'float32' | 'float64' {
  return tree.leaves(x).some((leaf) => leaf.dtype === 'float64') ? 'float64' : 'float32';
}
