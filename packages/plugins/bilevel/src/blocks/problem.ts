import { atLeastOne, check, functionRule, show } from '@core/registry/checks';
import { ArgumentError, arange, grad, jvp, linalg, tree, vmap, type Tensor } from '@core/tensor';
import { coordinates, type Coordinates } from '../coordinates.js';
import { matrixOf } from '../linear/solve.js';
import { scalarOf, type Point } from '../problem.js';

/**
 * One upper level over m lower ones: min (1/m) Σ f_i(x, y_i) where y_i minimises g_i(x, ·). The functions are those of one block,
 * whose number is a traced int32 scalar; they are batched over blocks by `vmap`.
 */
export interface BlockProblem<X, Y, B = unknown> {
  /** m. */
  readonly blocks: number;
  /** f_i(x, y_i, batch), a scalar. No batch means the whole block. */
  readonly upper: (block: Tensor, x: X, y: Y, batch?: B) => Tensor;
  /** g_i(x, y_i, batch), a scalar, strongly convex in y_i. */
  readonly lower: (block: Tensor, x: X, y: Y, batch?: B) => Tensor;
  /** y has the blocks as leading axis. */
  readonly start: Point<X, Y>;
  /** Euclidean projection of one block's y. */
  readonly projection?: (y: Y) => Y;
  /** A batch of a block, drawn with a key. */
  readonly sampler?: (block: Tensor, key: Tensor) => B;
}

/** The derivatives of one block on vectors: x [p], y [q]. */
export interface Blocks<X, Y> {
  readonly x: Coordinates<X>;
  /** Of one block. */
  readonly y: Coordinates<Y>;
  /** All blocks' y as [m, q], and back. */
  readonly stack: (y: Y) => Tensor;
  readonly unstack: (rows: Tensor) => Y;
  readonly gradY: (i: Tensor, x: Tensor, y: Tensor, batch: unknown) => Tensor;
  readonly gradsUpper: (i: Tensor, x: Tensor, y: Tensor, batch: unknown) => readonly [Tensor, Tensor];
  /** ∂²g_i/∂y² v. */
  readonly hvpYY: (i: Tensor, x: Tensor, y: Tensor, v: Tensor, batch: unknown) => Tensor;
  /** ∂²g_i/∂x∂y v, like x. */
  readonly jvpXY: (i: Tensor, x: Tensor, y: Tensor, v: Tensor, batch: unknown) => Tensor;
  readonly hessYY: (i: Tensor, x: Tensor, y: Tensor, batch: unknown) => Tensor;
}

/** @throws ArgumentError for a problem that is none */
export function blocksOf<X, Y, B>(owner: string, problem: BlockProblem<X, Y, B>): Blocks<X, Y> {
  check(owner, 'blocks', problem.blocks, atLeastOne);
  check(owner, 'upper', problem.upper, functionRule);
  check(owner, 'lower', problem.lower, functionRule);
  tree.leaves(problem.start.y).forEach((leaf, i) => {
    if (leaf.shape[0] !== problem.blocks)
      throw new ArgumentError(
        `${owner}: start.y must have the ${problem.blocks} blocks as leading axis, got ${show(leaf)} at leaf ${i}`,
      );
  });
  const x = coordinates(owner, 'x', problem.start.x);
  const y = coordinates(
    owner,
    'y',
    tree.map((leaf: Tensor) => leaf.at(0), problem.start.y),
  );
  const level =
    (f: typeof problem.upper, name: string) => (i: Tensor, xs: Tensor, ys: Tensor, batch: unknown) =>
      scalarOf(owner, name, f(i, x.build(x.unravel(xs)), y.build(y.unravel(ys)), batch as B | undefined));
  const [upper, lower] = [level(problem.upper, 'upper'), level(problem.lower, 'lower')];
  const [lowerByX, lowerByY] = [grad(lower, 1), grad(lower, 2)];
  const hvpYY: Blocks<X, Y>['hvpYY'] = (i, xs, ys, v, batch) =>
    jvp((at: Tensor) => lowerByY(i, xs, at, batch), [ys], [v])[1];
  return {
    x,
    y,
    stack: (all) => vmap((one: Y) => y.ravel(y.take(one)))(all),
    unstack: (rows) => vmap((row: Tensor) => y.build(y.unravel(row)))(rows),
    gradY: lowerByY,
    gradsUpper: grad(upper, [1, 2]),
    hvpYY,
    jvpXY: (i, xs, ys, v, batch) => jvp((at: Tensor) => lowerByX(i, xs, at, batch), [ys], [v])[1],
    hessYY: (i, xs, ys, batch) => matrixOf((v) => hvpYY(i, xs, ys, v, batch), ys),
  };
}

/**
 * The hypergradient of a block problem at (x, y), each block's Hessian solved exactly: mean ∇ₓf_i - J_i H_i⁻¹ ∇ᵧf_i, like x.
 *
 * @throws ArgumentError for a problem that is none
 */
export function blockHypergradient<X, Y, B>(problem: BlockProblem<X, Y, B>): (x: X, y: Y) => X {
  const at = blocksOf('blockHypergradient', problem);
  return (x, y) => {
    const xs = at.x.ravel(at.x.take(x));
    const each = (i: Tensor, ys: Tensor): Tensor => {
      const [direct, slope] = at.gradsUpper(i, xs, ys, undefined);
      return direct.sub(at.jvpXY(i, xs, ys, linalg.solve(at.hessYY(i, xs, ys, undefined), slope), undefined));
    };
    const mean = vmap(each)(arange(problem.blocks), at.stack(y)).mean(0);
    return at.x.derivative(at.x.unravel(mean));
  };
}
