import { isFloat } from '../dtype.js';
import { ArgumentError, DTypeError, ShapeError, TreeError } from '../errors.js';
import { checkOptions } from '../options.js';
import { full } from '../primitives/calls.js';
import { describe, numbersOf } from '../shape.js';
import { checkFunction, show } from '../show.js';
import { Tensor } from '../tensor.js';
import type { TreeDefinition } from '../tree.js';
import { difference, flatten, paths, unflatten } from '../tree.js';
import { flattenResult } from './functions.js';
import { checkTangent } from './jvp.js';
import { gradFlat, vjpFlat } from './tape.js';

/** The i-th argument type; the first when no number is given. */
type Argument<A extends readonly unknown[], N> = N extends number
  ? A[N]
  : N extends readonly number[]
    ? { [K in keyof N]: A[N[K] & number] }
    : A[0];

export interface GradOptions<
  N extends number | readonly number[] | undefined = undefined,
  H extends boolean = boolean,
> {
  /** Which arguments to differentiate: a number, or several. Default 0. */
  argnums?: N;
  /** The function returns `[loss, aux]`; aux (any tree) is passed through. Default false. */
  hasAux?: H;
}

/**
 * Value and gradient of a function with a scalar result.
 *
 * The differentiated arguments may be any trees of float tensors; the gradient has the same structure. Everything the
 * computation made besides what is returned is freed. For a function that returns `[loss, aux]`, set `hasAux`:
 * the value is then `[loss, aux]`.
 *
 * @throws ShapeError if the result is not a scalar, DTypeError if an argument holds integers
 */
export function valueAndGrad<
  A extends readonly unknown[],
  R,
  const N extends number | readonly number[] | undefined = undefined,
>(f: (...args: A) => R, options: GradOptions<N> = {}): (...args: A) => [R, Argument<A, N>] {
  return valueAndGradAs('valueAndGrad', f, options);
}

/** `valueAndGrad`, in the name of the transform that is built from it. */
function valueAndGradAs<A extends readonly unknown[], R, N extends number | readonly number[] | undefined>(
  op: string,
  f: (...args: A) => R,
  options: GradOptions<N>,
): (...args: A) => [R, Argument<A, N>] {
  checkFunction(op, f);
  checkOptions(op, options, ['argnums', 'hasAux']);
  const argnums = options.argnums ?? 0;
  const chosen: readonly number[] = numbersOf(op, 'argnums', argnums);
  const hasAux = options.hasAux ?? false;
  for (const n of chosen)
    if (!Number.isInteger(n) || n < 0)
      throw new ArgumentError(`${op}: argnums must be argument positions from 0, got ${show(n)}`);
  return (...args: A): [R, Argument<A, N>] => {
    for (const n of chosen)
      if (n >= args.length)
        throw new ArgumentError(`${op}: argnums names argument ${n}, but ${args.length} were given`);
    const parts = args.map((arg) => flatten(arg));
    const leaves = parts.flatMap((part) => part.leaves);
    const needs = parts.flatMap((part, n) => part.leaves.map(() => chosen.includes(n)));
    checkFloats(op, args, chosen);
    let shape: TreeDefinition | undefined;
    const flat = (...inputs: Tensor[]): Tensor[] => {
      const result = f(...(rebuild(parts, inputs) as unknown as A));
      const flattened = flattenResult(op, result);
      shape = flattened.definition;
      lossOf(op, result, hasAux);
      return flattened.leaves;
    };
    // In tree order the loss is the first leaf: it is the whole result, or the first of the pair.
    const { outputs, cotangents } = gradFlat(flat, leaves, needs, ([loss, ...aux]) => [
      full([], 1, loss!.dtype),
      ...aux.map(() => null),
    ]);
    const gradients = rebuild(parts, cotangents);
    const gradient = typeof argnums === 'number' ? gradients[argnums] : argnums.map((n) => gradients[n]);
    return [unflatten(shape!, outputs) as R, gradient as Argument<A, N>];
  };
}

/** The gradient alone; see `valueAndGrad`. `grad(f, 1)` differentiates the second argument, `grad(f, [0, 1])` both. */
export function grad<
  A extends readonly unknown[],
  const N extends number | readonly number[] | undefined = undefined,
>(f: (...args: A) => Tensor, argnums?: N): (...args: A) => Argument<A, N> {
  return gradAs('grad', f, argnums);
}

/** `grad`, in the name of the transform that is built from it. */
export function gradAs<
  A extends readonly unknown[],
  const N extends number | readonly number[] | undefined = undefined,
>(op: string, f: (...args: A) => Tensor, argnums?: N): (...args: A) => Argument<A, N> {
  const both = valueAndGradAs<A, Tensor, N>(op, f, argnums === undefined ? {} : { argnums });
  return (...args) => {
    const [value, gradient] = both(...args);
    // The value may be an argument itself (f = x => x); only what was computed here is ours to free.
    if (!flatten(args).leaves.includes(value)) value.dispose();
    return gradient;
  };
}

/**
 * Reverse mode for any function: the result, and a function from a cotangent of the result (a tree of its structure) to
 * the cotangents of all arguments. The pullback may be called more than once.
 */
export function vjp<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...primals: A
): [R, (cotangent: R) => A] {
  checkFunction('vjp', f);
  const parts = primals.map((arg) => flatten(arg));
  const leaves = parts.flatMap((part) => part.leaves);
  const needs = leaves.map((x) => isFloat(x.dtype));
  let shape: TreeDefinition | undefined;
  const { outputs, pullback } = vjpFlat(
    (...inputs) => {
      const result = flattenResult('vjp', f(...(rebuild(parts, inputs) as unknown as A)));
      shape = result.definition;
      return result.leaves;
    },
    leaves,
    needs,
  );
  const definition = shape!;
  const value = unflatten(definition, outputs) as R;
  return [
    value,
    (cotangent) => {
      const given = flatten(cotangent);
      if (given.definition.key !== definition.key)
        throw new TreeError(
          `vjp: the cotangent has not the result's structure: ${difference(value, cotangent)}`,
        );
      outputs.forEach((y, i) => checkTangent('vjp', y, given.leaves[i]!));
      const leaving = pullback(given.leaves.map((ct, i) => (isFloat(outputs[i]!.dtype) ? ct : null)));
      return rebuild(parts, leaving) as unknown as A;
    },
  ];
}

/** The arguments (or what stands for them) from one flat list. */
function rebuild(parts: readonly { definition: TreeDefinition }[], leaves: readonly unknown[]): unknown[] {
  let next = 0;
  return parts.map(({ definition }) => {
    const own = leaves.slice(next, (next += definition.leafCount));
    return unflatten(definition, own);
  });
}

function checkFloats(op: string, args: readonly unknown[], chosen: readonly number[]): void {
  for (const n of chosen) {
    const names = paths(args[n]);
    flatten(args[n]).leaves.forEach((leaf, i) => {
      if (isFloat(leaf.dtype)) return;
      const where = names[i] === '' ? `argument ${n}` : `argument ${n} at ${names[i]}`;
      throw new DTypeError(
        `${op}: ${where} is ${describe(leaf)}; derivatives need float32 or float64: cast it, or leave it out of argnums`,
      );
    });
  }
}

function lossOf(op: string, result: unknown, hasAux: boolean): Tensor {
  const loss: unknown = hasAux ? (Array.isArray(result) ? result[0] : undefined) : result;
  if (!(loss instanceof Tensor)) {
    throw new TreeError(
      hasAux
        ? `${op}: with hasAux the function must return [loss, aux]`
        : `${op}: the function must return one tensor; to return more beside the loss, set hasAux and return [loss, aux]`,
    );
  }
  if (loss.ndim !== 0)
    throw new ShapeError(
      `${op}: the function must return a scalar, got ${describe(loss)}; reduce it (sum, mean), or use vjp or jacrev`,
    );
  if (!isFloat(loss.dtype))
    throw new DTypeError(`${op}: the function must return a float, got ${describe(loss)}`);
  return loss;
}
