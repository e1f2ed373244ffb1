import { random, where, take, type Tensor } from '@core/tensor';

/** Labels of which some are wrong. */
export interface Corruption {
  /** [n] int32. */
  readonly labels: Tensor;
  /** [n] bool: whose label is right. */
  readonly clean: Tensor;
  /** [n] int32: the source that each label comes from, below `groups`. */
  readonly group: Tensor;
  readonly groups: number;
}

/**
 * Gives a share of the sources of labels wrong ones: each of their examples gets one of the other classes, all alike likely. Sources
 * have n / groups examples each, in turn; with as many as examples every label is on its own. The share is met exactly, but for
 * rounding.
 */
export function corruptLabels(
  key: Tensor,
  labels: Tensor,
  { classes, share, groups }: { classes: number; share: number; groups: number },
): Corruption {
  const n = labels.size;
  const group = random.permutation(random.foldIn(key, 0), n).remainder(groups);
  const rank = random.permutation(random.foldIn(key, 1), groups);
  const clean = take(rank.greaterEqual(Math.round(share * groups)), group);
  const shift = random.randint(random.foldIn(key, 2), [n], 1, classes);
  return { labels: where(clean, labels, labels.add(shift).remainder(classes)), clean, group, groups };
}
