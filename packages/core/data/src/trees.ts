import { ArgumentError, Tensor, TreeError } from '@core/tensor';
import type { ArrayData } from './arrays.js';
import { describeArray, toTensor } from './arrays.js';
import { checkNamed } from './checks.js';

/**
 * The tensors of a parameter tree under dotted names: `{ conv1: { weight } }` gives `conv1.weight`, lists count from
 * 0 (`blocks.0.weight`), as PyTorch names them. Empty containers (layers without parameters) leave no name.
 *
 * `treeLike` puts named tensors back into a known tree; `namedTree` builds a tree from the names alone.
 * Throws TreeError for a single tensor, which has no name, for leaves that are no tensors, and for keys that would
 * not come back: empty, with a dot, or an object whose keys are 0, 1, 2, … (write a list).
 */
export function treeNames(tree: object): Record<string, Tensor> {
  if (tree instanceof Tensor) {
    throw new TreeError('treeNames: a single tensor has no name; wrap it in an object: { weight: tensor }');
  }
  const entries: [string, Tensor][] = [];
  collect(tree, '', entries);
  return Object.fromEntries(entries);
}

function collect(tree: unknown, path: string, entries: [string, Tensor][]): void {
  if (tree instanceof Tensor) {
    entries.push([path, tree]);
    return;
  }
  const at = path === '' ? 'the tree' : `'${path}'`;
  if (typeof tree !== 'object' || tree === null) {
    throw new TreeError(
      `treeNames: ${at} is ${tree === null ? 'null' : `a ${typeof tree}`}; leaves must be tensors`,
    );
  }
  const children = Object.entries(tree);
  if (children.length === 0) return;
  if (!Array.isArray(tree) && isCounting(children.map(([key]) => key))) {
    throw new TreeError(`treeNames: ${at} is an object with the keys 0, 1, …; write it as a list`);
  }
  for (const [key, child] of children) {
    if (key === '' || key.includes('.') || key === '__proto__') {
      throw new TreeError(`treeNames: the key '${key}' in ${at} cannot be part of a dotted name`);
    }
    // Object.entries widens to any for a union with arrays; a child of a Tree is a Tree.
    collect(child, path === '' ? key : `${path}.${key}`, entries);
  }
}

/** True for '0', '1', … in order, without a gap. */
function isCounting(keys: readonly string[]): boolean {
  return keys.every((key, i) => key === String(i));
}

interface Branch<T> extends Map<string, T | Branch<T>> {}

/** A tree of leaves of any kind, as `namedTree` builds it. */
export type NamedTree<T> = T | readonly NamedTree<T>[] | { readonly [key: string]: NamedTree<T> };

/**
 * Builds the tree that dotted names describe; branches whose names are 0, 1, 2, … without a gap become lists.
 * Works for tensors and for ArrayData alike.
 * Throws TreeError where a name is both a leaf and a branch (`a` beside `a.b`), ArgumentError for an empty part.
 */
export function namedTree<T>(named: { readonly [name: string]: T }): NamedTree<T> {
  checkNamed('namedTree', 'leaves', named);
  const root: Branch<T> = new Map();
  for (const [name, leaf] of Object.entries(named)) {
    const parts = name.split('.');
    if (parts.some((part) => part === '' || part === '__proto__')) {
      throw new ArgumentError(`namedTree: '${name}' is not a dotted name such as conv1.weight`);
    }
    let branch = root;
    parts.forEach((part, depth) => {
      const last = depth === parts.length - 1;
      const here = branch.get(part);
      if (here !== undefined && (last || !(here instanceof Map))) {
        const both = parts.slice(0, depth + 1).join('.');
        throw new TreeError(
          `namedTree: '${both}' is both a leaf and a branch (of '${name}' or another name)`,
        );
      }
      if (last) branch.set(part, leaf);
      else if (here instanceof Map) branch = here;
      else {
        const next: Branch<T> = new Map();
        branch.set(part, next);
        branch = next;
      }
    });
  }
  return build(root);
}

function build<T>(node: Branch<T>): NamedTree<T> {
  const keys = [...node.keys()];
  const child = (key: string): NamedTree<T> => {
    const value = node.get(key);
    // Every key comes from the map itself, so there is a value; a leaf that is itself a Map cannot be told apart and
    // is no kind of tensor.
    return value instanceof Map ? build(value) : (value as T);
  };
  const sorted = [...keys].sort((a, b) => Number(a) - Number(b));
  if (keys.length > 0 && isCounting(sorted)) return sorted.map(child);
  return Object.fromEntries(keys.map((key) => [key, child(key)]));
}

/**
 * A tree with the structure of `like` whose leaves are the tensors or arrays of the same dotted names: for loading
 * weights into a known model. Empty containers and everything else of the structure come from `like`.
 * Throws TreeError that lists the names that are missing, not wanted, or of another shape or dtype.
 */
export function treeLike<T extends object>(
  like: T,
  named: { readonly [name: string]: Tensor | ArrayData },
): T {
  checkNamed('treeLike', 'tensors', named);
  const used = new Set<string>();
  const problems: string[] = [];
  const fill = (tree: unknown, path: string): unknown => {
    if (!(tree instanceof Tensor)) {
      if (typeof tree !== 'object' || tree === null) return tree;
      const child = (key: string, item: unknown): unknown => fill(item, path === '' ? key : `${path}.${key}`);
      if (Array.isArray(tree)) return tree.map((item: unknown, i) => child(String(i), item));
      return Object.fromEntries(Object.entries(tree).map(([key, item]) => [key, child(key, item)]));
    }
    used.add(path);
    const found = Object.hasOwn(named, path) ? named[path] : undefined;
    const [wanted, got] = [describeArray(tree), found === undefined ? 'missing' : describeArray(found)];
    if (wanted !== got) problems.push(`${path} is ${got}, wanted ${wanted}`);
    return found === undefined || found instanceof Tensor ? (found ?? tree) : toTensor(found);
  };
  const filled = fill(like, '');
  problems.push(...Object.keys(named).flatMap((name) => (used.has(name) ? [] : [`${name} is not wanted`])));
  if (problems.length > 0) {
    const more = problems.length > 8 ? `; and ${problems.length - 8} more` : '';
    throw new TreeError(`treeLike: the names do not fit the tree: ${problems.slice(0, 8).join('; ')}${more}`);
  }
  // Same structure as `like`, leaf for leaf.
  return filled as T;
}
