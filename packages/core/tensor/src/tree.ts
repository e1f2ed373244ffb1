import { TreeError } from './errors.js';
import { isPlainObject } from './plainObject.js';
import { formatShape } from './shape.js';
import { checkFunction, show } from './show.js';
import { Tensor } from './tensor.js';

/** Nested arrays and plain objects of tensors: parameters, gradients, optimizer states. */
export type Tree = Tensor | readonly Tree[] | { readonly [key: string]: Tree };

/** A tree's structure without its leaves. Two trees of one structure have equal `key`s. */
export interface TreeDefinition {
  readonly key: string;
  readonly leafCount: number;
  readonly node: Node;
}

type Node =
  | { kind: 'leaf' }
  | { kind: 'static'; value: unknown }
  | { kind: 'array'; items: Node[] }
  | { kind: 'object'; keys: string[]; items: Node[] };

/**
 * Takes a value apart into its tensors and its structure. Object keys are visited in sorted order, so that two objects
 * with the same entries have the same structure. Anything that is not a tensor, array or plain object (numbers, strings,
 * null, functions, class instances) is part of the structure; it compares by value where it is a primitive, else by identity.
 */
export function flatten(tree: unknown): { leaves: Tensor[]; definition: TreeDefinition } {
  const leaves: Tensor[] = [];
  const { node, key } = take(tree, leaves, 0);
  return { leaves, definition: { key, leafCount: leaves.length, node } };
}

/** Deeper nesting than this is taken for a value that contains itself. */
const deepest = 500;

function take(value: unknown, leaves: Tensor[], depth: number): { node: Node; key: string } {
  if (depth > deepest)
    throw new TreeError(
      `tree.flatten: nested more than ${deepest} levels deep; does an object contain itself?`,
    );
  if (value instanceof Tensor) {
    leaves.push(value);
    return { node: { kind: 'leaf' }, key: '*' };
  }
  if (Array.isArray(value)) {
    const parts = Array.from(value, (item: unknown) => take(item, leaves, depth + 1));
    return {
      node: { kind: 'array', items: parts.map((p) => p.node) },
      key: `[${parts.map((p) => p.key).join(',')}]`,
    };
  }
  if (isPlainObject(value)) {
    const keys = Object.keys(value).sort();
    const parts = keys.map((k) => take(value[k], leaves, depth + 1));
    return {
      node: { kind: 'object', keys, items: parts.map((p) => p.node) },
      key: `{${parts.map((p, i) => `${JSON.stringify(keys[i])}:${p.key}`).join(',')}}`,
    };
  }
  return { node: { kind: 'static', value }, key: staticKey(value) };
}

/** Puts a tree together again from its structure and as many leaves. */
export function unflatten(definition: TreeDefinition, leaves: readonly unknown[]): unknown {
  if (typeof definition !== 'object' || (definition as unknown) === null || !('leafCount' in definition))
    throw new TreeError(
      `tree.unflatten: needs the definition that tree.flatten gives, got ${show(definition)}`,
    );
  if (!Array.isArray(leaves))
    throw new TreeError(`tree.unflatten: needs an array of leaves, got ${show(leaves)}`);
  if (leaves.length !== definition.leafCount) {
    throw new TreeError(
      `tree.unflatten: the structure has ${definition.leafCount} leaves, got ${leaves.length}`,
    );
  }
  let next = 0;
  const build = (node: Node): unknown => {
    switch (node.kind) {
      case 'leaf':
        return leaves[next++];
      case 'static':
        return node.value;
      case 'array':
        return node.items.map(build);
      case 'object':
        return buildObject(node.keys, node.items, build);
    }
  };
  return build(definition.node);
}

function buildObject(
  keys: readonly string[],
  items: readonly Node[],
  build: (node: Node) => unknown,
): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (let i = 0; i < keys.length; i++) {
    const [key, value] = [keys[i]!, build(items[i]!)];
    // Assigned, this name would set the prototype.
    if (key === '__proto__')
      Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true }); // prettier-ignore
    else object[key] = value;
  }
  return object;
}

/** The tensors of a tree, in `flatten`'s order. */
export function leaves(tree: unknown): Tensor[] {
  return flatten(tree).leaves;
}

/**
 * Applies `f` to every leaf, or to the corresponding leaves of several trees of one structure.
 * @throws TreeError naming the first place where the structures differ.
 */
export function map<T>(
  f: (leaf: Tensor, ...rest: Tensor[]) => unknown,
  tree: T,
  ...rest: readonly unknown[]
): T {
  checkFunction('tree.map', f);
  const first = flatten(tree);
  const others = rest.map((other) => {
    const { leaves: found, definition } = flatten(other);
    if (definition.key !== first.definition.key) throw new TreeError(`tree.map: ${difference(tree, other)}`);
    return found;
  });
  const mapped = first.leaves.map((leaf, i) => f(leaf, ...others.map((found) => found[i]!)));
  // The structure is the argument's own; only leaves were exchanged.
  return unflatten(first.definition, mapped) as T;
}

/** As `map`, with the leaf's path (`conv1.weight`, `layers.0.bias`) as first argument. */
export function mapWithPath<T>(f: (path: string, leaf: Tensor) => unknown, tree: T): T {
  checkFunction('tree.mapWithPath', f);
  const { leaves: found, definition } = flatten(tree);
  const names = paths(tree);
  return unflatten(
    definition,
    found.map((leaf, i) => f(names[i]!, leaf)),
  ) as T;
}

/** Folds the leaves from left to right. */
export function reduce<R>(f: (accumulator: R, leaf: Tensor) => R, tree: unknown, initial: R): R {
  checkFunction('tree.reduce', f);
  return leaves(tree).reduce((accumulator, leaf) => f(accumulator, leaf), initial);
}

/** The leaves' dotted paths, in `flatten`'s order. A tensor that is the whole tree has the path ''. */
export function paths(tree: unknown, prefix = ''): string[] {
  if (tree instanceof Tensor) return [prefix];
  const below = (key: string | number, value: unknown) =>
    paths(value, prefix === '' ? String(key) : `${prefix}.${key}`);
  if (Array.isArray(tree)) return tree.flatMap((item, i) => below(i, item));
  if (!isPlainObject(tree)) return [];
  return Object.keys(tree)
    .sort()
    .flatMap((key) => below(key, tree[key]));
}

/** In words, the first difference between two trees. */
export function difference(a: unknown, b: unknown, path = ''): string {
  const at = path === '' ? 'at the root' : `at ${path}`;
  if (a instanceof Tensor && b instanceof Tensor) return `trees have equal structure ${at}`;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return `trees differ ${at}: arrays of length ${a.length} and ${b.length}`;
    const i = a.findIndex((item, k) => flatten(item).definition.key !== flatten(b[k]).definition.key);
    return difference(a[i], b[i], path === '' ? String(i) : `${path}.${i}`);
  }
  if (isPlainObject(a) && isPlainObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (!(key in a) || !(key in b))
        return `trees differ ${at}: key '${key}' is only in the ${key in a ? 'first' : 'second'}`;
      if (flatten(a[key]).definition.key !== flatten(b[key]).definition.key)
        return difference(a[key], b[key], path === '' ? key : `${path}.${key}`);
    }
  }
  return `trees differ ${at}: ${inWords(a)} and ${inWords(b)}`;
}

function inWords(value: unknown): string {
  if (value instanceof Tensor) return `a tensor ${formatShape(value.shape)}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (isPlainObject(value)) return `an object with ${Object.keys(value).join(', ') || 'no keys'}`;
  return String(value);
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

function staticKey(value: unknown): string {
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
    let id = identities.get(value);
    if (id === undefined) identities.set(value, (id = nextIdentity++));
    return `#${id}`;
  }
  return typeof value === 'string'
    ? JSON.stringify(value)
    : `${typeof value}:${Object.is(value, -0) ? '-0' : String(value)}`;
}
