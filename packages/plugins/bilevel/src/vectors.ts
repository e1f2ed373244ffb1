import { full, tree, zerosLike, type Tensor } from '@core/tensor';

/* Variables are trees of float tensors; here they are vectors. Leaves keep their dtype. */

/** c₁ x₁ + c₂ x₂ + … */
export function combine<T>(
  first: readonly [number | Tensor, T],
  ...rest: readonly (readonly [number | Tensor, T])[]
): T {
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

/** x - rate · slope */
export function descent<T>(x: T, rate: number | Tensor, slope: T): T {
  return combine([1, x], [typeof rate === 'number' ? -rate : rate.neg(), slope]);
}

/** x - y */
export function minus<T>(x: T, y: T): T {
  return tree.map((a: Tensor, b: Tensor) => a.sub(b), x, y);
}

/** Σ x y over all leaves, in the widest of their dtypes. */
export function dot(x: unknown, y: unknown): Tensor {
  const right = tree.leaves(y);
  return tree
    .leaves(x)
    .map((a, i) => a.mul(right[i] ?? a).sum())
    .reduce((sum, part) => sum.add(part));
}

export function norm(x: unknown): Tensor {
  return dot(x, x).sqrt();
}

/** Tensors of their own, so that states may be disposed. */
export function copy<T>(x: T): T {
  return tree.map((leaf: Tensor) => leaf.mul(1), x);
}

export function zerosOf<T>(x: T): T {
  return tree.map(zerosLike, x);
}

/** A scalar like another. */
export function scalarLike(value: number, like: Tensor): Tensor {
  return full([], value, { dtype: like.dtype });
}
