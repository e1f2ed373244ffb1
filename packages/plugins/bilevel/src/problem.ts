import { check, flag, functionRule, show } from '@core/registry/checks';
import { ArgumentError, ShapeError, Tensor, tree } from '@core/tensor';

/** What the levels' functions are evaluated on: a mini-batch each, any tree; absent for the whole problem. */
export interface Batches<B = unknown> {
  readonly upper?: B;
  readonly lower?: B;
}

/** A pair of both levels' variables. */
export type Point<X, Y> = {
  readonly x: X;
  readonly y: Y;
};

/** Constraints c(x, y) <= 0 of the lower level, or c(x, y) = 0. They may couple both levels. */
export interface Constraints<X, Y> {
  /** c(x, y), a vector [m]. */
  readonly value: (x: X, y: Y) => Tensor;
  /** Whether c(x, y) = 0 is meant. Default false: c(x, y) <= 0. */
  readonly equality?: boolean;
}

/** Euclidean projections. Absent: the whole space. */
export interface Projections<X, Y> {
  /** Onto the set that x may be in. */
  readonly x?: (x: X) => X;
  /** Onto the set that y may be in. */
  readonly y?: (y: Y) => Y;
  /** Onto the set of pairs, {(x, y): c(x, y) <= 0} and what else holds: both are moved at once. */
  readonly joint?: (point: Point<X, Y>) => Point<X, Y>;
}

/** Batches drawn with a key; the same key draws the same batch. */
export interface Samplers<B> {
  readonly upper?: (key: Tensor) => B;
  readonly lower?: (key: Tensor) => B;
}

/**
 * A bilevel problem as plain data:
 *
 *     min over x of f(x, y)   where y minimises g(x, ·), over a set or under constraints
 *
 * x and y are trees of tensors; integers and booleans in them pass through and do not move. The functions are traced: tensor
 * operations only. For many lower levels at once there is `BlockProblem`.
 */
export interface BilevelProblem<X = Tensor, Y = Tensor, B = unknown> {
  /** f(x, y, batch), a scalar. */
  readonly upper: (x: X, y: Y, batch?: B) => Tensor;
  /** g(x, y, batch), a scalar. */
  readonly lower: (x: X, y: Y, batch?: B) => Tensor;
  /** Where solvers start. */
  readonly start?: Point<X, Y>;
  readonly constraints?: Constraints<X, Y>;
  readonly projections?: Projections<X, Y>;
  readonly samplers?: Samplers<B>;
}

/**
 * Looks at a problem's parts, and where it has a start and constraints or projections, at what they do there.
 *
 * @throws ArgumentError for parts that are none, constraints that are not finite at the start, or a projection that is none: one
 *   that does not keep its own results
 * @throws ShapeError for levels that give no scalar, or constraints that give no vector
 */
export function checkProblem<X, Y, B>(owner: string, problem: BilevelProblem<X, Y, B>): void {
  const given: unknown = problem;
  if (typeof given !== 'object' || given === null || given instanceof Tensor)
    throw new ArgumentError(`${owner}: the problem must be { upper, lower, … }, got ${show(given)}`);
  check(owner, 'upper', problem.upper, functionRule);
  check(owner, 'lower', problem.lower, functionRule);
  if (problem.constraints !== undefined) {
    check(owner, 'constraints.value', problem.constraints.value, functionRule);
    if (problem.constraints.equality !== undefined)
      check(owner, 'constraints.equality', problem.constraints.equality, flag);
  }
  for (const [part, names] of [
    ['projections', ['x', 'y', 'joint']],
    ['samplers', ['upper', 'lower']],
  ] as const) {
    const functions = problem[part] as Readonly<Record<string, unknown>> | undefined;
    for (const name of names)
      if (functions?.[name] !== undefined) check(owner, `${part}.${name}`, functions[name], functionRule);
  }
}

/** The start of a problem. @throws ArgumentError where there is none */
export function startOf<X, Y, B>(owner: string, problem: BilevelProblem<X, Y, B>): Point<X, Y> {
  checkProblem(owner, problem);
  const { start } = problem;
  if (typeof start !== 'object' || start === null || !('x' in start) || !('y' in start))
    throw new ArgumentError(`${owner}: the problem needs start: { x, y }, got ${show(start)}`);
  checkProjections(owner, problem, start);
  return start;
}

/** A value of a level. @throws ShapeError unless it is a scalar */
export function scalarOf(owner: string, level: string, value: unknown): Tensor {
  if (value instanceof Tensor && value.ndim === 0) return value;
  throw new ShapeError(`${owner}: ${level}(x, y, batch) must give a scalar tensor, gave ${show(value)}`);
}

/** c(x, y). @throws ShapeError unless it is a vector */
export function constraintValues<X, Y, B>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  x: X,
  y: Y,
): Tensor {
  const value: unknown = problem.constraints?.value(x, y);
  if (value instanceof Tensor && value.ndim === 1) return value;
  throw new ShapeError(`${owner}: constraints.value(x, y) must give a vector [m], gave ${show(value)}`);
}

/** How far beyond rounding the projection of a projection may be from itself. */
const slack = 1e-4;

/** A projection keeps what it has made: P(P(z)) = P(z). Values are looked at, so it is for concrete starts only. */
function checkProjections<X, Y, B>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  start: Point<X, Y>,
): void {
  const projections = problem.projections ?? {};
  const of: Readonly<Record<string, readonly [unknown, ((value: never) => unknown) | undefined]>> = {
    x: [start.x, projections.x],
    y: [start.y, projections.y],
    joint: [{ x: start.x, y: start.y }, projections.joint],
  };
  for (const [name, [value, project]] of Object.entries(of)) {
    if (project === undefined) continue;
    const once = project(value as never); // the argument that it is for
    checkSame(owner, name, value, once);
    tree.leaves(once).forEach((leaf, at) => {
      const broken = firstIndex(leaf.isFinite().logicalNot());
      if (broken === undefined) return;
      const path = tree.paths(once)[at] ?? '';
      throw new ArgumentError(
        `${owner}: projections.${name} gives ${Number(leaf.dataSync()[broken])} at index ${broken}${path === '' ? '' : ` of ${path}`}; ` +
          'the set may be empty',
      );
    });
    const twice = project(once as never);
    const before = tree.leaves(once);
    tree.leaves(twice).forEach((leaf, at) => {
      const other = before[at] ?? leaf;
      const index = firstIndex(leaf.sub(other).abs().greater(other.abs().add(1).mul(slack)));
      if (index === undefined) return;
      const path = tree.paths(once)[at] ?? '';
      throw new ArgumentError(
        `${owner}: projections.${name} is no projection: applied to its own result it changes ` +
          `${path === '' ? 'it' : path} at index ${index}`,
      );
    });
  }
}

function checkSame(owner: string, name: string, value: unknown, projected: unknown): void {
  const [a, b] = [tree.flatten(value), tree.flatten(projected)];
  const same =
    a.definition.key === b.definition.key &&
    a.leaves.every((leaf, i) => leaf.shape.join() === b.leaves[i]?.shape.join());
  if (!same)
    throw new ShapeError(
      `${owner}: projections.${name} must give what it gets, ${show(value)}; it gave ${show(projected)}`,
    );
}

/** The first index, in row-major order, at which a condition holds; undefined also where values are not known yet. */
export function firstIndex(condition: Tensor): number | undefined {
  let values: ArrayLike<number>;
  try {
    values = condition.dataSync();
  } catch {
    return undefined;
  }
  const index = Array.from(values, Number).findIndex((value) => value !== 0);
  return index < 0 ? undefined : index;
}
