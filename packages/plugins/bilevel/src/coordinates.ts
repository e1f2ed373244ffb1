import {
  ArgumentError,
  concat,
  isFloat,
  promote,
  tree,
  zerosLike,
  type DType,
  type Tensor,
} from '@core/tensor';

/**
 * A variable of a bilevel problem as a vector. Only float leaves move; integers and booleans (indices, masks) pass through, and
 * have derivative zero.
 */
export interface Coordinates<T> {
  /** The float leaves, in the tree's order. */
  readonly leaves: readonly Tensor[];
  /** Numbers in all of them. */
  readonly size: number;
  /** The widest of their dtypes. */
  readonly dtype: DType;
  /** The tree with these float leaves, and its other leaves as they were. */
  readonly build: (leaves: readonly Tensor[]) => T;
  /** The float leaves of a tree of this structure. */
  readonly take: (of: T) => readonly Tensor[];
  /** The tree with these float leaves, and zeros elsewhere: a derivative. */
  readonly derivative: (leaves: readonly Tensor[]) => T;
  /** One vector [size] of all of them. */
  readonly ravel: (leaves: readonly Tensor[]) => Tensor;
  readonly unravel: (vector: Tensor) => readonly Tensor[];
}

/** @throws ArgumentError where nothing can move */
export function coordinates<T>(owner: string, name: string, of: T): Coordinates<T> {
  const { leaves: all, definition } = tree.flatten(of);
  const moves = all.map((leaf) => isFloat(leaf.dtype));
  const leaves = all.filter((_, i) => moves[i] === true);
  const size = leaves.reduce((sum, leaf) => sum + leaf.size, 0);
  const first = leaves[0];
  if (first === undefined || size === 0)
    throw new ArgumentError(`${owner}: ${name} has no float tensors with elements; there is nothing to move`);
  const dtype = leaves.map((leaf) => leaf.dtype).reduce((a, b) => promote(a, b));
  const build = (moved: readonly Tensor[], others: (leaf: Tensor) => Tensor): T => {
    let next = 0;
    const placed = all.map((leaf, i) => (moves[i] === true ? (moved[next++] ?? leaf) : others(leaf)));
    return tree.unflatten(definition, placed) as T; // the same structure
  };
  return {
    leaves,
    size,
    dtype,
    build: (moved) => build(moved, (leaf) => leaf),
    derivative: (moved) => build(moved, (leaf) => zerosLike(leaf)),
    take: (other) => tree.leaves(other).filter((_, i) => moves[i] === true),
    ravel: (parts) => {
      const vectors = parts.map((part) => part.reshape([part.size]).cast(dtype));
      return vectors.length === 1 && vectors[0] !== undefined ? vectors[0] : concat(vectors, 0);
    },
    unravel: (vector) => {
      let from = 0;
      return leaves.map((leaf) => {
        const part = leaves.length === 1 ? vector : vector.slice([from], [from + leaf.size]);
        from += leaf.size;
        return part.reshape([...leaf.shape]).cast(leaf.dtype);
      });
    },
  };
}
