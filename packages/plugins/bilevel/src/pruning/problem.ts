import { check, functionRule, show } from '@core/registry/checks';
import { ArgumentError, ShapeError, Tensor, isFloat, tree, type Tree } from '@core/tensor';
import type { Samplers } from '../problem.js';

/** For the path of each prunable leaf (`dense1.weight`) a float tensor of its shape: 1 where a weight is kept, else 0. */
export type Mask = Readonly<Record<string, Tensor>>;

/** What is kept or removed as one: a weight, an output filter, or an input channel of a convolution. */
export type PruningStructure = 'unstructured' | 'filter' | 'channel';

/**
 * A network to be pruned, as plain data:
 *
 *     min over masks m of l(m ⊙ θ*(m))   where θ*(m) minimises l(m ⊙ θ) + γ/2 |θ|²
 *
 * Both levels have the same loss, on mini-batches drawn independently.
 */
export interface PruningProblem<P extends Tree = Tree, B = unknown> {
  /** l(m ⊙ θ, batch), a scalar; without a batch that of the whole problem. Traced. It gets parameters already masked. */
  readonly loss: (params: P, batch?: B) => Tensor;
  /** θ of the dense network, trained; float tensors. */
  readonly start: P;
  /**
   * Paths of the leaves that may be pruned. Default those with two axes or more: weights, not biases and scales. Filters and
   * channels are of leaves with three axes or more, [filters, channels, …]; dense layers stay whole then, as in the official code.
   */
  readonly prunable?: readonly string[];
  /** Where solvers that rewind go back to. Default `start`. */
  readonly rewind?: P;
  /** Batches drawn with a key: `lower` for the weights, `upper` for the mask. Absent: the whole problem. */
  readonly samplers?: Samplers<B>;
}

/** A pruned network: the parameters with zeros for what was removed, and the mask. */
export type PruningSolution<P extends Tree = Tree> = { readonly params: P; readonly mask: Mask };

/** m ⊙ θ; leaves without a mask are as they were. */
export function applyMask<P>(params: P, mask: Mask): P {
  return tree.mapWithPath((path, leaf) => {
    const own = mask[path];
    return own === undefined ? leaf : leaf.mul(own.cast(leaf.dtype));
  }, params);
}

/** The share of the masks' weights that are kept, 1 without masks. */
export function keptShare(mask: Mask): Tensor | number {
  const masks = Object.values(mask);
  const size = masks.reduce((sum, { size: own }) => sum + own, 0);
  if (size === 0) return 1;
  return masks.map((own) => own.cast('float32').sum()).reduce((sum, own) => sum.add(own)).div(size); // prettier-ignore
}

/** The leaves of some paths. */
export function layersOf(params: unknown, paths: Iterable<string>): Record<string, Tensor> {
  const [names, leaves] = [tree.paths(params), tree.leaves(params)];
  const all = new Map(names.map((name, i) => [name, leaves[i]] as const));
  const found: [string, Tensor][] = [];
  for (const path of paths) {
    const leaf = all.get(path);
    if (leaf !== undefined) found.push([path, leaf]);
  }
  return Object.fromEntries(found);
}

/** A tree with other leaves at some paths. */
export function replaceLayers<P>(params: P, layers: Mask): P {
  return tree.mapWithPath((path, leaf) => layers[path] ?? leaf, params);
}

/**
 * The paths that a solver prunes, in the tree's order.
 *
 * @throws ArgumentError for a problem without its parts, parameters that are not all float, paths that it has not, or where there is
 *   nothing to prune
 */
export function prunablePaths<P extends Tree, B>(
  owner: string,
  problem: PruningProblem<P, B>,
  structure: PruningStructure,
): readonly string[] {
  const given: unknown = problem;
  if (typeof given !== 'object' || given === null || given instanceof Tensor)
    throw new ArgumentError(`${owner}: the problem must be { loss, start, … }, got ${show(given)}`);
  check(owner, 'loss', problem.loss, functionRule);
  const [paths, leaves] = [tree.paths(problem.start), tree.leaves(problem.start)];
  leaves.forEach((leaf, i) => {
    if (!isFloat(leaf.dtype))
      throw new ArgumentError(`${owner}: start.${paths[i] ?? ''} must be float, got ${show(leaf)}`);
  });
  for (const path of problem.prunable ?? [])
    if (!paths.includes(path))
      throw new ArgumentError(
        `${owner}: prunable has ${show(path)}, which start has not; it has ${paths.join(', ')}`,
      );
  if (problem.rewind !== undefined) checkLike(owner, 'rewind', problem.start, problem.rewind);
  const axes = structure === 'unstructured' ? (problem.prunable === undefined ? 2 : 1) : 3;
  const found = paths.filter(
    (path, i) => (leaves[i]?.ndim ?? 0) >= axes && (problem.prunable?.includes(path) ?? true),
  );
  if (found.length > 0) return found;
  const wanted = structure === 'unstructured' ? 'weights with two axes or more' : `${structure}s of leaves with three axes or more`; // prettier-ignore
  throw new ArgumentError(
    `${owner}: there is nothing to prune: wanted ${wanted}, start has ` +
      paths.map((path, i) => `${path} [${leaves[i]?.shape.join(',') ?? ''}]`).join(', '),
  );
}

function checkLike(owner: string, name: string, start: unknown, other: unknown): void {
  const [a, b] = [tree.flatten(start), tree.flatten(other)];
  const same =
    a.definition.key === b.definition.key &&
    a.leaves.every(
      (leaf, i) => leaf.shape.join() === b.leaves[i]?.shape.join() && leaf.dtype === b.leaves[i].dtype,
    );
  if (!same)
    throw new ShapeError(
      `${owner}: ${name} must be like start, ${show(start)}: the same tree, shapes and dtypes`,
    );
}

/** A masked network's loss. @throws ShapeError unless it is a scalar */
export function lossOf<P extends Tree, B>(
  owner: string,
  problem: PruningProblem<P, B>,
  params: P,
  batch: B | undefined,
): Tensor {
  const value: unknown = problem.loss(params, batch);
  if (value instanceof Tensor && value.ndim === 0) return value;
  throw new ShapeError(`${owner}: loss(params, batch) must give a scalar tensor, gave ${show(value)}`);
}
