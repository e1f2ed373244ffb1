import { check, checkOptions, flag, functionRule, show } from '@core/registry/checks';
import {
  ArgumentError,
  ShapeError,
  closureConvert,
  customVjp,
  jvp,
  stopGradient,
  tree,
  vjp,
  type Tensor,
} from '@core/tensor';
import { coordinates } from '../coordinates.js';
import { linearRules, type LinearSolveOptions } from '../linear/solve.js';
import { differentiableSolve } from './differentiableSolve.js';
import { pull } from './pull.js';

export interface CustomRootOptions extends LinearSolveOptions {
  /** The solver returns `[solution, aux]`; aux has derivative zero. Default false. */
  readonly hasAux?: boolean;
  /** Where iterative linear solves start, a tree like the solution: an earlier ū. JAXopt's `init`. Default 0. */
  readonly start?: unknown;
}

/** What a solver of `customRoot` returns, with `hasAux` or without. */
type Result<Y, O> = O extends { readonly hasAux: true } ? readonly [Y, unknown] : Y;

/**
 * Gives a solver of F(y, ...args) = 0 the derivatives of the root, in place of those of its iterations:
 *
 *     A = ∂F/∂y,   vjp: ūᵀ ∂F/∂args with Aᵀ ū = -ȳ,   jvp: A t = -(∂F/∂args) dargs
 *
 * to any order and in both modes, under `jit` and `vmap`. F may use tensors from outside: their derivatives are right as well.
 * The solver runs as it is, with whatever JavaScript it likes, and nothing of it is differentiated; the derivative is that of the
 * root near y, off by O(|y - y*|) where y is not one.
 *
 * ```ts
 * const ridge = customRoot((w: Tensor, penalty: Tensor) => gradientOfRidge(w, penalty), { solve: 'cg' })(
 *   (_start: Tensor, penalty: Tensor) => solveRidge(penalty),
 * );
 * grad((penalty) => loss(ridge(start, penalty)))(penalty);
 * ```
 *
 * The wrapped solver takes `(init, ...args)`; init has derivative zero. y and the args are trees, F's result is like y.
 *
 * Source: Blondel et al. 2022 (arXiv:2105.15183), JAXopt's `custom_root`; its defaults.
 *
 * @throws ArgumentError for options; ShapeError where F's result is not like the solution
 */
export function customRoot<Y, A extends readonly unknown[], const O extends CustomRootOptions>(
  optimality: (y: Y, ...args: A) => Y,
  options?: O,
): (solver: (init: Y, ...args: A) => Result<Y, O>) => (init: Y, ...args: A) => Result<Y, O> {
  return rootOf('customRoot', optimality, options ?? {}) as ReturnType<typeof customRoot<Y, A, O>>; // one or the other result
}

/**
 * Gives a solver of y = T(y, ...args) the derivatives of the fixed point: `customRoot` of T(y) - y.
 *
 * @throws as `customRoot`
 */
export function customFixedPoint<Y, A extends readonly unknown[], const O extends CustomRootOptions>(
  map: (y: Y, ...args: A) => Y,
  options?: O,
): (solver: (init: Y, ...args: A) => Result<Y, O>) => (init: Y, ...args: A) => Result<Y, O> {
  check('customFixedPoint', 'the map', map, functionRule);
  const residual = (y: Y, ...args: A): Y =>
    tree.map((next: Tensor, now: Tensor) => next.sub(now), map(y, ...args), y);
  return rootOf('customFixedPoint', residual, options ?? {}) as ReturnType<typeof customRoot<Y, A, O>>; // one or the other result
}

function rootOf<Y, A extends readonly unknown[]>(
  owner: string,
  optimality: (y: Y, ...args: A) => Y,
  options: CustomRootOptions,
): (solver: (init: Y, ...args: A) => unknown) => (init: Y, ...args: A) => unknown {
  check(owner, 'the optimality function', optimality, functionRule);
  const start = { words: 'a tree like the solution', holds: () => true }; // it is compared with one below
  checkOptions(owner, options, { ...linearRules, hasAux: flag, start });
  return (solver) => {
    check(owner, 'the solver', solver, functionRule);
    return (init, ...args) => {
      const returned: unknown = stopGradients(solver(init, ...args));
      if (options.hasAux !== true) return attach(owner, optimality, options, returned as Y, args);
      if (!Array.isArray(returned) || returned.length !== 2)
        throw new ArgumentError(
          `${owner}: with hasAux the solver must return [y, aux], got ${show(returned)}`,
        );
      const [y, aux] = returned as [Y, unknown];
      return [attach(owner, optimality, options, y, args), aux];
    };
  };
}

/** The solution, with the root's derivatives. */
function attach<Y, A extends readonly unknown[]>(
  owner: string,
  optimality: (y: Y, ...args: A) => Y,
  { start, ...options }: CustomRootOptions,
  solution: Y,
  args: A,
): Y {
  const at = coordinates(owner, 'the solution', solution);
  const others: readonly Tensor[] = tree.leaves(solution);
  if (start !== undefined) checkLike(owner, 'start must be', solution, start);
  const [converted, captured] = closureConvert(
    (y: Tensor, given: A, like: readonly Tensor[]) => {
      // Leaves that are not floats come in as arguments, for the recording to hold nothing of the solution.
      const whole = tree.unflatten(tree.flatten(solution).definition, like) as Y; // the solution's own structure
      const result = optimality(coordinates(owner, 'the solution', whole).build(at.unravel(y)), ...given);
      checkLike(owner, 'the optimality function must give', solution, result);
      return at.ravel(at.take(result));
    },
    at.ravel(at.leaves),
    args,
    others,
  );
  type Outside = {
    readonly captured: readonly Tensor[];
    readonly args: A;
    readonly others: readonly Tensor[];
  };
  type Where = { readonly y: Tensor; readonly outside: Outside };
  const residual = (y: Tensor, o: Outside): Tensor => converted(o.captured, y, o.args, o.others);
  const jacobian = {
    product: ({ y, outside }: Where, v: Tensor) => jvp((z: Tensor) => residual(z, outside), [y], [v])[1],
    transposed: ({ y, outside }: Where, v: Tensor) => vjp((z: Tensor) => residual(z, outside), y)[1](v)[0],
  };
  const solveTransposed = differentiableSolve<Where>(
    { product: jacobian.transposed, transposed: jacobian.product },
    options,
    start === undefined ? undefined : at.ravel(at.take(start as Y)), // checked above
  );
  const attached: (y: Tensor, outside: Outside) => Tensor = customVjp(
    (y: Tensor, _outside: Outside): Tensor => y,
    (y: Tensor, outside: Outside) => {
      // Through the rule itself, so that second derivatives know that y moves.
      const root = attached(y, outside);
      return [root, { y: root, outside }] as const;
    },
    (where: Where, cotangent: Tensor) => {
      const multiplier = solveTransposed(where, cotangent.neg());
      return [null, pull((outside: Outside) => residual(where.y, outside), where.outside, multiplier)];
    },
  );
  return at.build(at.unravel(attached(at.ravel(at.leaves), { captured, args, others })));
}

function stopGradients(value: unknown): unknown {
  return tree.map((leaf: Tensor) => stopGradient(leaf), value);
}

function checkLike(owner: string, words: string, solution: unknown, result: unknown): void {
  const shapes = (of: unknown): string =>
    tree
      .leaves(of)
      .map((leaf) => `[${leaf.shape.join(',')}]`)
      .join(' ');
  if (
    tree.flatten(solution).definition.key === tree.flatten(result).definition.key &&
    shapes(solution) === shapes(result)
  )
    return;
  throw new ShapeError(
    `${owner}: ${words} what is like the solution, ${shapes(solution)}; got ${shapes(result) || show(result)}`,
  );
}
