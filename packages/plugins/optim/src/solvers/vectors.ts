import { tree, zeros, zerosLike, type Tensor, type Tree } from '@core/tensor';
import { scalarDType } from '../math.js';
import { globalNorm } from '../transforms/clip.js';

/*
 * Points of a problem are trees; here they are vectors. Scalars are of `scalarDType`, leaves keep their dtype.
 */

/** c₁ x₁ + c₂ x₂ + … */
export function combine<P extends Tree>(
  first: readonly [number | Tensor, P],
  ...rest: readonly (readonly [number | Tensor, Tree])[]
): P {
  const factors = [first, ...rest].map(([c]) => c);
  return tree.map(
    (...leaves: Tensor[]) =>
      leaves.map((leaf, i) => scaled(factors[i] ?? 1, leaf)).reduce((sum, term) => sum.add(term)),
    first[1],
    ...rest.map(([, x]) => x),
  );
}

function scaled(factor: number | Tensor, leaf: Tensor): Tensor {
  if (factor === 1) return leaf;
  return leaf.mul(typeof factor === 'number' ? factor : factor.cast(leaf.dtype));
}

/** x - y */
export function minus<P extends Tree>(x: P, y: Tree): P {
  return tree.map((a: Tensor, b: Tensor) => a.sub(b), x, y);
}

/** Σ x y over all leaves. */
export function dot(x: Tree, y: Tree): Tensor {
  const right = tree.leaves(y);
  return tree
    .leaves(x)
    .map((a, i) =>
      a
        .mul(right[i] ?? a)
        .sum()
        .cast(scalarDType()),
    )
    .reduce((sum, part) => sum.add(part), zeros([], { dtype: scalarDType() }));
}

export function norm(x: Tree): Tensor {
  return globalNorm(x).cast(scalarDType());
}

/** Tensors of their own, so that states may be disposed. */
export function copy<P extends Tree>(x: P): P {
  return tree.map((leaf: Tensor) => leaf.mul(1), x);
}

export function zerosOf<P extends Tree>(x: P): P {
  return tree.map(zerosLike, x);
}
