import { checkOptions, checkRequired, belowOne, nonNegative, oneOf, optimizerRule, type Rule } from '@core/registry/checks'; // prettier-ignore
import { ArgumentError, Tensor, tree, zeros, zerosLike, type Tree } from '@core/tensor';
import type { Optimizer, Schedule } from '@core/registry';
import { byName, labelsOf, type Manifolds } from './optimizer/manifolds.js';
import { spdMotion, spdSteps, stiefelGradients, stiefelMotion } from './optimizer/manifoldSteps.js';
import type { Motion, SpdStep, StiefelGradient } from './optimizer/manifoldSteps.js';

export type { Manifold, ManifoldTree } from './optimizer/manifolds.js';
export type { SpdStep, StiefelGradient } from './optimizer/manifoldSteps.js';

export interface RiemannianSgdOptions<Rest> {
  /** A number of at least 0, a schedule of the step count (0 at the first step), or a scalar tensor. */
  readonly learningRate: number | Tensor | Schedule;
  /** Of leaves that are plain numbers, as in SGD. In [0, 1). Default 0; official 0.9. Not with `rest`. */
  readonly momentum?: number;
  /** Added to their gradient times the parameter. Default 0; official 5e-2. Not with `rest`. */
  readonly weightDecay?: number;
  /** Of SPD and Stiefel leaves. Default 0, as in the official optimizer, which gives its own to plain leaves only. */
  readonly manifoldMomentum?: number;
  /** Of SPD leaves: added to the gradient times the matrix. Default 0, official. Orthonormal columns cannot decay. */
  readonly manifoldWeightDecay?: number;
  /** Moves the leaves that are plain numbers. Default: gradient descent with the same rate. */
  readonly rest?: Optimizer<Rest>;
  /**
   * The manifold of each leaf, by its dotted path: a function, or a tree of labels. Default: the last name of the path begins
   * with `spd` or `stiefel`, as those of this package's layers do; everything else is Euclidean. `fixed` leaves do not move.
   */
  readonly manifolds?: Manifolds;
  /**
   * How SPD leaves move. `'official'` (default): the affine-invariant gradient P g P, then the Bures-Wasserstein exponential, as
   * the official code mixes them; `'buresWasserstein'` and `'affineInvariant'`: gradient and exponential of one metric;
   * `'exponential'`: gradient descent on A, P = exp(A).
   */
  readonly spdStep?: SpdStep;
  /** `'canonical'`: g - W gᵀ W, the official one; `'euclidean'` (default): g - W sym(Wᵀ g), the projection. */
  readonly stiefelGradient?: StiefelGradient;
}

/** `velocity` has the momenta by path; only of leaves that have one. */
export type RiemannianSgdState<Rest = Tree> = {
  readonly count: Tensor;
  readonly rest: Rest;
  readonly velocity: Record<string, Tensor>;
};

const owner = 'riemannianSgd';
const rateRule: Rule = {
  words: `${nonNegative.words}, a schedule or a scalar tensor`,
  holds: (value) =>
    typeof value === 'function' || (value instanceof Tensor ? value.ndim === 0 : nonNegative.holds(value)),
};
const rules: Readonly<Record<keyof RiemannianSgdOptions<unknown>, Rule>> = {
  learningRate: rateRule,
  momentum: belowOne,
  weightDecay: nonNegative,
  manifoldMomentum: belowOne,
  manifoldWeightDecay: nonNegative,
  rest: optimizerRule,
  manifolds: {
    words: 'a function of paths or a tree of labels',
    holds: (value) => ['function', 'object', 'string'].includes(typeof value) && value !== null,
  },
  spdStep: oneOf(...spdSteps),
  stiefelGradient: oneOf(...stiefelGradients),
};

/** Numbers, on no manifold. */
const euclidean: Motion = {
  direction: (_p, g) => g,
  move: (p, step, carried) => ({ point: p.add(step), ...(carried === undefined ? {} : { carried }) }),
};

/** What does not move. */
const still: Motion = { direction: (_p, g) => g, move: (point) => ({ point }) };

/**
 * Stochastic gradient descent on manifolds with momentum, and another optimizer for what lives on none, if there is one.
 *
 *     SPD       P ← exp_P(-γ m),        see `spdStep`;   m ← the derivative of the exponential, or parallel transport of m (AIM)
 *     Stiefel   W ← qf(W - γ m),        qf the orthonormal factor with a positive diagonal in R;   m ← its projection at the new W
 *     m ← momentum m + grad of (g + weightDecay P), before the step
 *
 * Points stay on their manifolds: an update is the difference of two points. A step so long that the Bures-Wasserstein
 * exponential folds gives a positive matrix all the same.
 *
 * Source: Bonnabel 2013; steps as in SPDNet (Huang and Van Gool 2017) and the code of GBWBN, whose `MixOptimizer` gives momentum 0.9
 * and weight decay 5e-2 to plain parameters alone. The copy of that class which the EEG experiment runs has its Stiefel step commented
 * out, so that BiMap weights stay as they were drawn there; here they move, unless `manifolds` calls them fixed. Momentum on manifolds as geoopt's `RiemannianSGD`, which
 * the RResNet experiments have as an option: no dampening, no Nesterov.
 *
 * @throws ArgumentError for options that make no sense and labels that are no manifolds
 */
export function riemannianSgd<Rest = Tree>(
  options: RiemannianSgdOptions<Rest>,
): Optimizer<RiemannianSgdState<Rest>> {
  checkOptions(owner, options, rules);
  checkRequired(owner, options, ['learningRate']);
  const { learningRate, rest, manifolds = byName, spdStep = 'official', stiefelGradient = 'euclidean' } = options; // prettier-ignore
  const { momentum = 0, weightDecay = 0, manifoldMomentum = 0, manifoldWeightDecay = 0 } = options;
  for (const [name, value] of Object.entries({ momentum, weightDecay })) {
    if (rest !== undefined && value !== 0)
      throw new ArgumentError(
        `${owner}: ${name} is of the leaves that rest moves; give it to that optimizer, got ${value} with rest`,
      );
  }
  const kinds = {
    spd: { motion: spdMotion(spdStep), momentum: manifoldMomentum, decay: manifoldWeightDecay },
    // The tangent part of W at W is 0.
    stiefel: { motion: stiefelMotion(stiefelGradient), momentum: manifoldMomentum, decay: 0 },
    euclidean: { motion: euclidean, momentum, decay: weightDecay },
    fixed: { motion: still, momentum: 0, decay: 0 },
  };

  const plainLeaves = (params: Tree, like: Tree): Record<string, Tensor> => {
    const labels = labelsOf(owner, manifolds, params);
    const leaves = tree.leaves(like);
    return Object.fromEntries(
      tree.paths(params).flatMap((path, i) => (labels[i] === 'euclidean' ? [[path, leaves[i]!]] : [])),
    );
  };
  return {
    init: (params) => {
      const labels = labelsOf(owner, manifolds, params);
      const leaves = tree.leaves(params);
      const moving = tree.paths(params).flatMap((path, i): [string, Tensor][] => {
        const label = labels[i]!;
        const none = kinds[label].momentum === 0 || (label === 'euclidean' && rest !== undefined);
        return none ? [] : [[path, zerosLike(leaves[i]!)]];
      });
      return {
        count: zeros([], { dtype: 'int32' }),
        // Without another optimizer there is nothing to keep.
        rest: rest === undefined ? ({} as Rest) : rest.init(plainLeaves(params, params)),
        velocity: Object.fromEntries(moving),
      };
    },
    update: (grads, state, params) => {
      const labels = labelsOf(owner, manifolds, params);
      const paths = tree.paths(params);
      const rate = typeof learningRate === 'function' ? learningRate(state.count) : learningRate;
      const others = rest?.update(plainLeaves(params, grads), state.rest, plainLeaves(params, params));
      const velocity: Record<string, Tensor> = {};
      let next = 0;
      const updates = tree.map(
        (g: Tensor, p: Tensor) => {
          const [label, path] = [labels[next]!, paths[next]!];
          next += 1;
          if (label === 'euclidean' && others !== undefined)
            return (others.updates as Readonly<Record<string, Tensor>>)[path]!;
          const { motion, decay } = kinds[label];
          // A float64 rate must not widen float32 parameters.
          const step = typeof rate === 'number' ? rate : rate.cast(p.dtype);
          const slope = motion.direction(p, decay === 0 ? g : g.add(p.mul(decay)));
          const before = state.velocity[path];
          if (before === undefined) return motion.move(p, slope.mul(step).neg()).point.sub(p);
          const gathered = before.mul(kinds[label].momentum).add(slope);
          const moved = motion.move(p, gathered.mul(step).neg(), gathered);
          velocity[path] = moved.carried!; // as it was given one
          return moved.point.sub(p);
        },
        grads,
        params,
      );
      return { updates, state: { count: state.count.add(1), rest: others?.state ?? state.rest, velocity } };
    },
  };
}
