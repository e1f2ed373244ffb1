import { check, show } from '@core/registry/checks';
import { ArgumentError, tree, type Tensor, type Tree } from '@core/tensor';
import { perLeaf } from '../checks.js';
import { checkParams, checkState, leafwise, perLeafValues, selectLeaves } from '../leaves.js';
import type { Optimizer, PerLeaf, StateOf, Transform } from '../types.js';
import { requireTransform } from './chain.js';
import { evaluationOfParts } from './evaluation.js';
import { observed } from './observed.js';

/** The groups' states by label; leaves of other groups are empty objects in their trees. */
export type PartitionState<G extends Readonly<Record<string, Transform>>> = {
  readonly [K in keyof G]: StateOf<G[K]>;
};

/**
 * Parameter groups: each leaf is moved by the optimizer its label names.
 *
 * ```ts
 * const optimizer = partition(
 *   { weights: adamw({ weightDecay: 0.1 }), biases: adamw({ weightDecay: 0 }), frozen: setToZero() },
 *   (path, param) => (path.startsWith('encoder.') ? 'frozen' : param.ndim > 1 ? 'weights' : 'biases'),
 * );
 * ```
 *
 * @param groups optimizers by label
 * @param labels a tree of labels, or a function of path and parameter
 * @throws ArgumentError for a label without a group
 */
export function partition<const G extends Readonly<Record<string, Transform>>>(
  groups: G,
  labels: PerLeaf<Extract<keyof G, string>>,
): Optimizer<PartitionState<G>> {
  const owner = 'partition';
  if (typeof groups !== 'object' || groups === null || Array.isArray(groups))
    throw new ArgumentError(`${owner}: groups must be optimizers by label, got ${show(groups)}`);
  const names = Object.keys(groups);
  for (const name of names) requireTransform(owner, `group ${name}`, groups[name]);
  check(owner, 'labels', labels, perLeaf);

  const labelsOf = (params: Tree): readonly string[] => {
    const found = perLeafValues<string>(owner, 'the label', 'string', labels, params);
    const paths = tree.paths(params);
    found.forEach((label, i) => {
      if (!Object.hasOwn(groups, label))
        throw new ArgumentError(
          `${owner}: ${paths[i] ?? ''} has the label ${show(label)}, and there is no such group; there are ${names.join(', ')}`,
        );
    });
    return found;
  };
  const select = (params: Tree, all: readonly string[], name: string): Tree =>
    selectLeaves(params, all.map((label) => label === name)); // prettier-ignore

  return {
    init: (params) => {
      checkParams(owner, params);
      const all = labelsOf(params);
      const states = Object.entries(groups).map(([name, group]) => [
        name,
        group.init(select(params, all, name)),
      ]);
      return Object.fromEntries(states) as PartitionState<G>; // one state for each group
    },
    update: (grads, state, params) => {
      checkState(owner, state, names);
      leafwise(owner, params, { grads }, [], () => ({}));
      const all = labelsOf(params);
      const queues = new Map<string, Tensor[]>();
      const states = Object.entries(groups).map(([name, group]) => {
        const before = (state as Readonly<Record<string, unknown>>)[name]; // the keys are the groups'
        const result = group.update(select(grads, all, name), before, select(params, all, name));
        queues.set(name, tree.leaves(result.updates));
        return [name, result.state];
      });
      const { updates } = leafwise(owner, params, { grads }, ['updates'], ({ grads: g, index }) => ({
        // A group's updates come in the order of its leaves.
        updates: queues.get(all[index] ?? '')?.shift() ?? g,
      }));
      return { updates, state: Object.fromEntries(states) as PartitionState<G> };
    },
    ...observed(
      Object.entries(groups).map(([name, transform]) => ({
        transform,
        label: name,
        state: (all: PartitionState<G>) => all[name],
        params: (all: Tree) => select(all, labelsOf(all), name),
      })),
    ),
    ...evaluationOfParts(
      Object.entries(groups).map(([name, transform]) => ({
        transform,
        state: (all: PartitionState<G>) => all[name],
        moves: (params: Tree) => labelsOf(params).map((label) => label === name),
      })),
    ),
  };
}
