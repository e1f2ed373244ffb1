import { check, nonNegative, show, type Rule } from '@core/registry/checks';
import { ArgumentError, Tensor, linalg, tree, zeros, type Tree } from '@core/tensor';
import type { Optimizer, Schedule } from '@core/registry';
import { rawExp } from './matrices/functions.js';
import { rawLyapunov } from './matrices/lyapunov.js';
import { whiten } from './matrices/factors.js';
import { congruence, identityLike, symmetrize, transposed } from './matrices/support.js';

/** What a parameter is: SPD matrices, matrices with orthonormal columns, or numbers. */
export type Manifold = 'spd' | 'stiefel' | 'euclidean';

/** Labels in the structure of the parameters. */
export type ManifoldTree = Manifold | readonly ManifoldTree[] | { readonly [key: string]: ManifoldTree };

export interface RiemannianSgdOptions<Rest> {
  /** A number of at least 0, a schedule of the step count (0 at the first step), or a scalar tensor. */
  readonly learningRate: number | Tensor | Schedule;
  /** Moves the leaves that are plain numbers. Default: gradient descent with the same rate. */
  readonly rest?: Optimizer<Rest>;
  /**
   * The manifold of each leaf, by its dotted path: a function, or a tree of labels. Default: the last name of the path begins
   * with `spd` or `stiefel`, as those of this package's layers do; everything else is Euclidean.
   */
  readonly manifolds?: ((path: string, param: Tensor) => Manifold) | ManifoldTree;
  /**
   * How SPD leaves move. `'official'` (default): the affine-invariant gradient P g P, then the Bures-Wasserstein exponential, as
   * the official code mixes them; `'buresWasserstein'` and `'affineInvariant'`: gradient and exponential of one metric.
   */
  readonly spdStep?: 'official' | 'buresWasserstein' | 'affineInvariant';
  /** `'canonical'`: g - W gᵀ W, the official one; `'euclidean'` (default): g - W sym(Wᵀ g), the projection. */
  readonly stiefelGradient?: 'euclidean' | 'canonical';
}

export type RiemannianSgdState<Rest = Tree> = { readonly count: Tensor; readonly rest: Rest };

const owner = 'riemannianSgd';
const oneOf = (...choices: readonly string[]): Rule => ({
  words: choices.map((choice) => `'${choice}'`).join(' or '),
  holds: (value) => typeof value === 'string' && choices.includes(value),
});
const rateRule: Rule = {
  words: `${nonNegative.words}, a schedule or a scalar tensor`,
  holds: (value) =>
    typeof value === 'function' || (value instanceof Tensor ? value.ndim === 0 : nonNegative.holds(value)),
};

/**
 * Stochastic gradient descent on manifolds, with another optimizer for what lives on none.
 *
 *     SPD       P ← exp_P(-γ grad),            see `spdStep`
 *     Stiefel   D = g - W sym(Wᵀ g),  W ← qf(W - γ D),  qf the orthonormal factor with a positive diagonal in R
 *
 * Points stay on their manifolds: an update is the difference of two points. A step so long that the Bures-Wasserstein
 * exponential folds gives a positive matrix all the same.
 *
 * Source: Bonnabel 2013; steps as in SPDNet (Huang and Van Gool 2017) and the code of GBWBN.
 *
 * @throws ArgumentError for options that make no sense and labels that are no manifolds
 */
export function riemannianSgd<Rest = Tree>(
  options: RiemannianSgdOptions<Rest>,
): Optimizer<RiemannianSgdState<Rest>> {
  const {
    learningRate,
    rest,
    manifolds = byName,
    spdStep = 'official',
    stiefelGradient = 'euclidean',
  } = options;
  check(owner, 'learningRate', learningRate, rateRule);
  check(owner, 'spdStep', spdStep, oneOf('official', 'buresWasserstein', 'affineInvariant'));
  check(owner, 'stiefelGradient', stiefelGradient, oneOf('euclidean', 'canonical'));
  if (rest !== undefined && (typeof rest.init !== 'function' || typeof rest.update !== 'function'))
    throw new ArgumentError(`${owner}: rest must be an optimizer with init and update, got ${show(rest)}`);

  const flatLeaves = (params: Tree, like: Tree): Record<string, Tensor> => {
    const labels = labelsOf(manifolds, params);
    const leaves = tree.leaves(like);
    const paths = tree.paths(params);
    return Object.fromEntries(
      leaves.flatMap((leaf, i) => (labels[i] === 'euclidean' ? [[paths[i]!, leaf]] : [])),
    );
  };
  return {
    init: (params) => {
      const flat = flatLeaves(params, params);
      // Without another optimizer there is nothing to keep.
      return {
        count: zeros([], { dtype: 'int32' }),
        rest: rest === undefined ? ({} as Rest) : rest.init(flat),
      };
    },
    update: (grads, state, params) => {
      const labels = labelsOf(manifolds, params);
      const rate = typeof learningRate === 'function' ? learningRate(state.count) : learningRate;
      const flat =
        rest === undefined
          ? undefined
          : rest.update(flatLeaves(params, grads), state.rest, flatLeaves(params, params));
      const others = (flat?.updates ?? {}) as Readonly<Record<string, Tensor>>;
      const paths = tree.paths(params);
      let next = 0;
      const updates = tree.map(
        (g: Tensor, p: Tensor) => {
          const i = next++;
          // A float64 rate must not widen float32 parameters.
          const step = typeof rate === 'number' ? rate : rate.cast(p.dtype);
          if (labels[i] === 'spd') return spdPoint(p, symmetrize(g).mul(step).neg(), spdStep).sub(p);
          if (labels[i] === 'stiefel') return stiefelPoint(p, g, step, stiefelGradient).sub(p);
          return others[paths[i]!] ?? g.mul(step).neg();
        },
        grads,
        params,
      );
      return { updates, state: { count: state.count.add(1), rest: flat?.state ?? state.rest } };
    },
  };
}

function byName(path: string): Manifold {
  const name = path.slice(path.lastIndexOf('.') + 1);
  return name.startsWith('spd') ? 'spd' : name.startsWith('stiefel') ? 'stiefel' : 'euclidean';
}

const manifoldRule = oneOf('spd', 'stiefel', 'euclidean');

function labelsOf(
  manifolds: NonNullable<RiemannianSgdOptions<unknown>['manifolds']>,
  params: Tree,
): Manifold[] {
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

/** Where -γ grad leads from p; `descent` is -γ sym(g). */
function spdPoint(
  p: Tensor,
  descent: Tensor,
  how: NonNullable<RiemannianSgdOptions<unknown>['spdStep']>,
): Tensor {
  const point = symmetrize(p);
  if (how === 'affineInvariant') {
    const f = linalg.cholesky(point);
    return congruence(f, rawExp(whiten(f, congruence(point, descent))));
  }
  // exp_P(V) = (I + L) P (I + L) with P L + L P = V; for V = 2 (g P + P g) that is L = 2 g.
  const turned =
    how === 'official' ? symmetrize(rawLyapunov(point, congruence(point, descent))) : descent.mul(2);
  return congruence(turned.add(identityLike(p)), point);
}

function stiefelPoint(w: Tensor, g: Tensor, rate: number | Tensor, how: 'euclidean' | 'canonical'): Tensor {
  const direction =
    how === 'canonical'
      ? g.sub(w.matmul(g, { transposeB: true }).matmul(w))
      : g.sub(w.matmul(symmetrize(transposed(w).matmul(g))));
  return linalg.qr(w.sub(direction.mul(rate)))[0];
}
