import { show } from '@core/registry/checks';
import {
  ArgumentError,
  DTypeError,
  ShapeError,
  Tensor,
  TreeError,
  isFloat,
  tree,
  type DType,
  type Tree,
} from '@core/tensor';
import type { PerLeaf } from './types.js';

/** In messages, the place of a leaf. */
function at(path: string): string {
  return path === '' ? 'the root' : path;
}

/**
 * Demands parameters that an optimizer can move: nested arrays and plain objects of float tensors.
 *
 * @throws TreeError for anything else in the tree; DTypeError for integers and booleans
 */
export function checkParams(owner: string, params: unknown, path = ''): asserts params is Tree {
  if (params instanceof Tensor) {
    if (isFloat(params.dtype)) return;
    throw new DTypeError(
      `${owner}: the parameter at ${at(path)} is ${show(params)}; ` +
        'optimizers move float32 and float64, keep other state out of the tree',
    );
  }
  const prototype: unknown =
    typeof params === 'object' && params !== null ? Object.getPrototypeOf(params) : undefined;
  if (
    !Array.isArray(params) &&
    prototype !== Object.prototype &&
    !(prototype === null && typeof params === 'object')
  )
    throw new TreeError(
      `${owner}: parameters are tensors in arrays and plain objects; at ${at(path)} there is ${show(params)}`,
    );
  for (const [key, value] of Object.entries(params as object))
    checkParams(owner, value, path === '' ? key : `${path}.${key}`);
}

/** @throws TreeError unless a wrapper's state has the parts that its init made */
export function checkState(owner: string, state: unknown, parts: readonly string[]): void {
  const given = typeof state === 'object' && state !== null && !(state instanceof Tensor) ? state : {};
  if (!parts.every((part) => Object.hasOwn(given, part)))
    throw new TreeError(
      `${owner}: the state must have ${parts.join(', ')}, got ${Object.keys(given).join(', ') || show(state)}; make it with init`,
    );
}

/** A tree of the parameters' structure. @throws as `checkParams` */
export function likeParams(owner: string, params: Tree, make: (param: Tensor) => Tensor): Tree {
  checkParams(owner, params);
  return tree.map(make, params);
}

/** What a rule gets for one leaf: the parameter, its path, and the leaves of the other trees. */
export type Leaf<I extends string> = Readonly<Record<I | 'param', Tensor>> & {
  readonly path: string;
  readonly index: number;
};

/**
 * Applies a rule to each leaf. The trees must have the parameters' structure and shapes, the gradients their dtypes.
 *
 * @param outputs names of what the rule returns; each becomes a tree
 * @param stateDType dtype of trees other than `grads`, where it is not the parameter's
 * @throws TreeError, ShapeError, DTypeError naming the tree and the path where one does not fit
 */
export function leafwise<I extends string, O extends string>(
  owner: string,
  params: Tree,
  trees: Readonly<Record<I, Tree | undefined>>,
  outputs: readonly O[],
  rule: (leaf: Leaf<I>) => Readonly<Record<O, Tensor>>,
  stateDType?: DType,
): Record<O, Tree> {
  if (params === undefined)
    throw new ArgumentError(
      `${owner}: update needs the parameters as its third argument: update(grads, state, params)`,
    );
  const { leaves, definition } = tree.flatten(params);
  const paths = tree.paths(params);
  const columns = Object.entries<Tree | undefined>(trees).map(([name, other]) => {
    const found = tree.flatten(other);
    if (found.definition.key !== definition.key) {
      // tree.difference speaks of the first and the second tree.
      throw new TreeError(
        `${owner}: params and ${name} must have one structure: ${tree.difference(params, other)}`,
      );
    }
    found.leaves.forEach((leaf, i) => {
      const dtype = name === 'grads' ? undefined : stateDType;
      checkLeaf(owner, name, paths[i] ?? '', leaf, leaves[i] ?? leaf, dtype);
    });
    return [name, found.leaves] as const;
  });
  const results = leaves.map((param, index) => {
    const others = Object.fromEntries(columns.map(([name, column]) => [name, column[index]]));
    // The keys are those of `trees`, and columns have as many leaves as the parameters.
    return rule({ ...others, param, path: paths[index], index } as unknown as Leaf<I>);
  });
  const gathered = outputs.map((name) => [
    name,
    tree.unflatten(
      definition,
      results.map((result) => result[name]),
    ),
  ]);
  return Object.fromEntries(gathered) as Record<O, Tree>; // one entry for each output
}

function checkLeaf(
  owner: string,
  name: string,
  path: string,
  leaf: Tensor,
  param: Tensor,
  dtype = param.dtype,
): void {
  if (leaf.shape.join() !== param.shape.join())
    throw new ShapeError(
      `${owner}: ${name} at ${at(path)} is ${show(leaf)}, the parameter ${show(param)}; they must have one shape`,
    );
  if (leaf.dtype !== dtype)
    throw new DTypeError(
      `${owner}: ${name} at ${at(path)} is ${show(leaf)}, wanted ${dtype} for ${show(param)}`,
    );
}

/**
 * One value for each leaf, in the leaves' order.
 *
 * @throws TreeError where the tree of values does not fit; ArgumentError for values of another type
 */
export function perLeafValues<T extends boolean | string>(
  owner: string,
  what: string,
  type: 'boolean' | 'string',
  choice: PerLeaf<T>,
  params: Tree,
): T[] {
  const values: T[] = [];
  const accept = (value: unknown, path: string): void => {
    if (typeof value !== type)
      throw new ArgumentError(`${owner}: ${what} of ${at(path)} must be a ${type}, got ${show(value)}`);
    values.push(value as T); // of the type that T stands for
  };
  const visit = (part: Tree, given: unknown, path: string): void => {
    if (part instanceof Tensor) {
      accept(
        typeof given === 'function' ? (given as (path: string, param: Tensor) => unknown)(path, part) : given,
        path,
      );
      return;
    }
    const keys = Array.isArray(part) ? part.map((_, i) => String(i)) : Object.keys(part).sort(); // tree.flatten's order
    const below = part as Readonly<Record<string, Tree>>; // arrays have their elements under index keys
    for (const key of keys) {
      const inner = path === '' ? key : `${path}.${key}`;
      const branches = typeof given === 'object' && given !== null;
      if (branches && !Object.hasOwn(given, key))
        throw new TreeError(
          `${owner}: ${what} has nothing for ${inner}; it has ${Object.keys(given).join(', ')}`,
        );
      const next = branches ? (given as Readonly<Record<string, unknown>>)[key] : given;
      const child = below[key];
      if (child !== undefined) visit(child, next, inner);
    }
  };
  visit(params, choice, '');
  return values;
}

/** The tree with an empty object in place of every leaf that is not kept: paths and the leaves' order stay. */
export function selectLeaves(params: Tree, keep: readonly boolean[]): Tree {
  const { leaves, definition } = tree.flatten(params);
  return tree.unflatten(
    definition,
    leaves.map((leaf, i) => (keep[i] === true ? leaf : {})),
  ) as Tree; // leaves exchanged for empty trees
}
