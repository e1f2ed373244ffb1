import { check, checkOptions, flag, fraction, positive, wholeNumber } from '@core/registry/checks';
import { ShapeError, arange, argsort, concat, promote, scatterAdd, stopGradient, tree, zeros, type Tensor } from '@core/tensor'; // prettier-ignore
import type { Mask, PruningStructure } from './problem.js';

export interface TopKMaskOptions {
  /** One ranking over all leaves together, or one for each. Default true. */
  readonly global?: boolean;
}

/**
 * 1 for the largest scores, 0 for the floor((1 - keep) N) smallest; backward it is the identity (straight through). Ties are broken
 * by index, so that the count is exact: of equal scores the later ones, in the tree's order, are kept. For magnitudes give |s|: then
 * a derivative comes back with the factor sign(s) that moves negative scores the right way.
 *
 * @param scores any tree of float tensors
 * @param keep the fraction kept, in [0, 1]
 *
 * Source: Zhang et al. 2022 (arXiv:2210.04092) and its code, `GetSubnetUnstructured` on all layers' scores.
 *
 * @throws ArgumentError for a fraction or options
 */
export function topKMask<T>(scores: T, keep: number, options: TopKMaskOptions = {}): T {
  const owner = 'topKMask';
  check(owner, 'keep', keep, fraction);
  checkOptions(owner, options, { global: flag });
  const { leaves, definition } = tree.flatten(scores);
  const masks = rankLeaves(leaves, options.global ?? true, (size) => removedCount(keep, size));
  return tree.unflatten(
    definition,
    leaves.map((leaf, i) => straightThrough(leaf, masks[i] ?? leaf)),
  ) as T; // the same structure
}

/**
 * As `topKMask` for whole groups: of each leaf, the slices along `axis` with the largest p-norms of their scores are kept, and
 * floor((1 - keep) n) of its n slices are not. Each leaf has a ranking of its own. In a convolution's kernels
 * [filters, channels, …] axis 0 has the filters, axis 1 the channels.
 *
 * @param scores any tree of float tensors with that axis
 * @param p of the norm. Default 2, the official code's
 *
 * Source: Zhang et al. 2022 (arXiv:2210.04092) and its code, `GetSubnetFilter` and `GetSubnetChannel`.
 *
 * @throws ArgumentError for a fraction, axis or p, ShapeError for leaves without the axis
 */
export function groupNormMask<T>(scores: T, keep: number, axis: number, p = 2): T {
  const owner = 'groupNormMask';
  check(owner, 'keep', keep, fraction);
  check(owner, 'axis', axis, wholeNumber);
  check(owner, 'p', p, positive);
  return tree.map((leaf: Tensor) => {
    if (leaf.ndim <= axis)
      throw new ShapeError(`${owner}: scores must have axis ${axis}, got [${leaf.shape.join(',')}]`);
    return straightThrough(
      leaf,
      groupMask(leaf, axis, p, (size) => removedCount(keep, size)),
    );
  }, scores);
}

/** How many of `size` go when a fraction is kept: floor((1 - keep) size), in float64 as the official code has it. */
export function removedCount(keep: number, size: number): number {
  return Math.floor((1 - keep) * size);
}

/** How many of `size` are removed; a scalar int32 where that is known only when it runs. */
type Removed = (size: number) => number | Tensor;

export interface MaskForm {
  readonly structure: PruningStructure;
  readonly global: boolean;
}

/** The mask of magnitudes |s|, without derivatives. */
export function magnitudeMask(scores: Mask, { structure, global }: MaskForm, removed: Removed): Mask {
  const magnitudes = Object.entries(scores).map(([path, score]) => [path, score.abs()] as const);
  if (structure !== 'unstructured') {
    const axis = structure === 'filter' ? 0 : 1;
    return Object.fromEntries(
      magnitudes.map(([path, magnitude]) => [path, groupMask(magnitude, axis, 2, removed)]),
    );
  }
  const masks = rankLeaves(
    magnitudes.map(([, magnitude]) => magnitude),
    global,
    removed,
  );
  return Object.fromEntries(magnitudes.map(([path, magnitude], i) => [path, masks[i] ?? magnitude]));
}

function rankLeaves(leaves: readonly Tensor[], global: boolean, removed: Removed): readonly Tensor[] {
  if (!global || leaves.length === 1)
    return leaves.map((leaf) => keepLargest(leaf.reshape([leaf.size]), removed).reshape(leaf.shape));
  if (leaves.length === 0) return [];
  const dtype = leaves.map((leaf) => leaf.dtype).reduce((a, b) => promote(a, b));
  const vector = concat(
    leaves.map((leaf) => leaf.reshape([leaf.size]).cast(dtype)),
    0,
  );
  const mask = keepLargest(vector, removed);
  let from = 0;
  return leaves.map((leaf) => {
    const part = mask.slice([from], [from + leaf.size]);
    from += leaf.size;
    return part.reshape(leaf.shape).cast(leaf.dtype);
  });
}

function groupMask(scores: Tensor, axis: number, p: number, removed: Removed): Tensor {
  const others = scores.shape.map((_, i) => i).filter((i) => i !== axis);
  // The p-th power of the norm has the same order.
  const powers = p === 2 ? scores.square() : scores.abs().pow(p);
  const mask = keepLargest(powers.sum(others), removed);
  const broadcast = scores.shape.map((length, i) => (i === axis ? length : 1));
  return mask.reshape(broadcast).broadcastTo(scores.shape);
}

/** 0 for the first of the order, 1 for the others; argsort is stable, so ties go by index. */
function keepLargest(vector: Tensor, removed: Removed): Tensor {
  const { size, dtype } = vector;
  const order = argsort(stopGradient(vector));
  const kept = arange(size).greaterEqual(removed(size)).cast(dtype);
  return scatterAdd(zeros([size], { dtype }), order, kept);
}

/** The mask's values with the scores' derivative. */
function straightThrough(scores: Tensor, mask: Tensor): Tensor {
  return scores.sub(stopGradient(scores)).add(stopGradient(mask));
}
