import { checkOptions, atLeastOne } from '@core/registry/checks';
import type { Optimizer } from '@core/registry';
import { checkpoint, scan, stopGradient, tree, type Tensor, type Tree } from '@core/tensor';
import { coordinates } from '../coordinates.js';
import { levelsOf } from '../levels.js';
import { checkProblem, type Batches, type BilevelProblem } from '../problem.js';
import { checkInner, innerRules, type InnerSteps } from './options.js';

export interface UnrolledOptions<X> extends InnerSteps<X> {
  /** Differentiates through the last so many steps only. Default all. */
  readonly window?: number;
}

/**
 * The upper objective after T steps of the lower level, as a function to differentiate:
 * `(x, y, batches) => [f(x, y_T), y_T]`, y_{t+1} the inner optimizer's step along ∇ᵧg(x, y_t), y_0 = y.
 *
 * Its derivative by x is the unrolled hypergradient, by y that of the starting point (as in MAML), and an optimizer that is made
 * from x lends its hyperparameters derivatives (higher's `override`). At √v = 0 Adam's update has no finite derivative; an
 * optimizer with an epsilon inside the root, or one such as `@plugins/optim`'s, keeps it finite.
 *
 * Source: higher (Grefenstette et al. 2019), iterative differentiation; truncation: Shaban et al. 2019 (arXiv:1810.10667).
 *
 * @throws ArgumentError for options
 */
export function unrolled<X, Y extends Tree, B>(
  problem: BilevelProblem<X, Y, B>,
  options: UnrolledOptions<X>,
): (x: X, y: Y, batches?: Batches<B>) => [Tensor, Y] {
  const owner = 'unrolled';
  checkProblem(owner, problem);
  checkOptions(owner, options, { ...innerRules, window: atLeastOne });
  checkInner(owner, options);
  return (x, y, batches = {}) => {
    const last = lowerSteps(owner, problem, options)(x, y, batches);
    return [problem.upper(x, last, batches.upper), last];
  };
}

/** The y after T steps. */
export function lowerSteps<X, Y extends Tree, B>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  options: UnrolledOptions<X>,
): (x: X, y: Y, batches: Batches<B>) => Y {
  const { steps = 1, window = steps, optimizer, learningRate = 0 } = options;
  return (x, y, batches) => {
    const run = (atX: X, from: Carry, count: number, kept: boolean): Carry => {
      const at = levelsOf(owner, problem, atX, y, batches);
      const inner = optimizerAt(optimizer, atX);
      const step = (carry: Carry): Carry => {
        const slopes = at.lowerByY(at.x.leaves, carry.y);
        if (inner === undefined) {
          const moved = carry.y.map((leaf, i) => {
            const slope = slopes[i] ?? leaf;
            return leaf.sub(
              slope.mul(typeof learningRate === 'number' ? learningRate : learningRate.cast(leaf.dtype)),
            );
          });
          return { y: moved, state: carry.state };
        }
        // Optimizers speak of the tree's paths; a tree of floats only is what they take.
        const { updates, state } = inner.update(at.y.derivative(slopes), carry.state, at.y.build(carry.y));
        const moved = tree.leaves(updates);
        return { y: carry.y.map((leaf, i) => leaf.add(moved[i] ?? leaf)), state };
      };
      return kept && options.checkpoint === true ? inPieces(step, from, count) : times(step, from, count);
    };
    const below = coordinates(owner, 'y', y);
    const init = (atX: X): Tree => optimizerAt(optimizer, atX)?.init(y) ?? [];
    const before = steps - window;
    if (before === 0) return below.build(run(x, { y: below.leaves, state: init(x) }, steps, true).y);
    const fixed = tree.map((leaf: Tensor) => stopGradient(leaf), x);
    const reached = run(fixed, { y: below.leaves, state: init(fixed) }, before, false);
    const cut = tree.map((leaf: Tensor) => stopGradient(leaf), reached);
    return below.build(run(x, cut, window, true).y);
  };
}

type Carry = { readonly y: readonly Tensor[]; readonly state: Tree };

function optimizerAt<X>(optimizer: InnerSteps<X>['optimizer'], x: X): Optimizer | undefined {
  return typeof optimizer === 'function' ? optimizer(x) : optimizer;
}

function times(step: (carry: Carry) => Carry, from: Carry, count: number): Carry {
  if (count === 0) return from;
  return scan((carry: Carry) => [step(carry), null] as const, from, null, { length: count })[0];
}

/** The same, remembering only where each piece of about √count steps begins. */
function inPieces(step: (carry: Carry) => Carry, from: Carry, count: number): Carry {
  const piece = Math.ceil(Math.sqrt(count));
  const whole = Math.floor(count / piece);
  const first = times(step, from, count - whole * piece);
  const one = checkpoint((carry: Carry) => times(step, carry, piece));
  return scan((carry: Carry) => [one(carry), null] as const, first, null, { length: whole })[0];
}
