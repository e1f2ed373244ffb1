import { concat, tree, zeros, type DType, type Tensor, type Tree } from '@core/tensor';
import { checkParams } from './leaves.js';

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** A tree's leaves as one vector, in the tree's order, each row by row. */
export interface Ravelled {
  /** Number of elements of all leaves; without the leading axes that were kept. */
  readonly size: number;
  /** [...leading, size], in the dtype asked for. */
  readonly vector: Tensor;
  /** A tree of the same structure, shapes (without the leading axes) and dtypes, from a vector [size]. */
  readonly back: (vector: Tensor) => Tree;
}

/**
 * @param leading how many first axes all leaves share, which are kept
 * @throws TreeError, DTypeError as `checkParams`
 */
export function ravel(owner: string, params: Tree, dtype: DType, leading = 0): Ravelled {
  checkParams(owner, params);
  const { leaves, definition } = tree.flatten(params);
  const front = leaves[0]?.shape.slice(0, leading) ?? new Array<number>(leading).fill(0);
  const shapes = leaves.map((leaf) => leaf.shape.slice(leading));
  const sizes = shapes.map(sizeOf);
  const parts = leaves.map((leaf, i) => leaf.reshape([...front, sizes[i] ?? 0]).cast(dtype));
  const [only] = parts;
  const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0));
  return {
    size: ends.at(-1) ?? 0,
    vector:
      only === undefined
        ? zeros([...front, 0], { dtype })
        : parts.length === 1
          ? only
          : concat(parts, leading),
    back: (vector) =>
      tree.unflatten(
        definition,
        leaves.map((leaf, i) => {
          const end = ends[i] ?? 0;
          const part = vector.slice([end - (sizes[i] ?? 0)], [end]);
          return part.reshape(shapes[i] ?? []).cast(leaf.dtype);
        }),
      ) as Tree, // one tensor for each leaf
  };
}
