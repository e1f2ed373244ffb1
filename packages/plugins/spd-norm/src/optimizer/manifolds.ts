import { check, oneOf } from '@core/registry/checks';
import { tree, type Tensor, type Tree } from '@core/tensor';

/** What a parameter is: SPD matrices, matrices with orthonormal columns, numbers, or what stays as it is. */
export type Manifold = 'spd' | 'stiefel' | 'euclidean' | 'fixed';

/** Labels in the structure of the parameters. */
export type ManifoldTree = Manifold | readonly ManifoldTree[] | { readonly [key: string]: ManifoldTree };

export type Manifolds = ((path: string, param: Tensor) => Manifold) | ManifoldTree;

/** The default: by the beginning of the last name. */
export function byName(path: string): Manifold {
  const name = path.slice(path.lastIndexOf('.') + 1);
  return name.startsWith('spd') ? 'spd' : name.startsWith('stiefel') ? 'stiefel' : 'euclidean';
}

const manifoldRule = oneOf('spd', 'stiefel', 'euclidean', 'fixed');

/** The manifold of each leaf. @throws ArgumentError for labels that are no manifolds */
export function labelsOf(owner: string, manifolds: Manifolds, params: Tree): Manifold[] {
  const leaves = tree.leaves(params);
  return tree.paths(params).map((path, i) => {
    const label: unknown =
      typeof manifolds === 'function' ? manifolds(path, leaves[i]!) : labelAt(manifolds, path);
    check(owner, `the manifold of ${path === '' ? 'the parameter' : path}`, label, manifoldRule);
    return label as Manifold; // as the check says
  });
}

/** The label at a path; branches of the tree of labels may end early. */
function labelAt(labels: ManifoldTree, path: string): unknown {
  let at: unknown = labels;
  for (const name of path === '' ? [] : path.split('.')) {
    if (typeof at !== 'object' || at === null) break;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}
