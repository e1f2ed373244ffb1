import { ArgumentError, DTypeError } from '../errors.js';
import { isFloat } from '../dtype.js';
import { cast, equal, iota, reshape, zerosLike } from '../primitives/calls.js';
import { describe } from '../shape.js';
import type { Shape } from '../shape.js';
import { checkFunction, show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { flatten, unflatten } from '../tree.js';
import type { TreeDefinition } from '../tree.js';
import { flattenResult } from './functions.js';
import { gradAs } from './grad.js';
import { jvpAs, jvpFlat } from './jvp.js';
import { vjpFlat } from './tape.js';
import { batchFlat, moveAxis } from './vmap.js';

/** For a function from trees X to R: R with a tree like X for every leaf, whose tensors have the shape [...result, ...argument]. */
export type Jacobian<R, X> = R extends Tensor ? X : { [K in keyof R]: Jacobian<R[K], X> };

/** The standard basis of all tensors like x, stacked: [size, ...x.shape]. */
function basis(x: Tensor): Tensor {
  const identity = equal(iota([x.size, x.size], 0, 'int32'), iota([x.size, x.size], 1, 'int32'));
  return reshape(cast(identity, x.dtype), [x.size, ...x.shape]);
}

interface Flat {
  leaves: Tensor[];
  definition: TreeDefinition;
  f: (...inputs: Tensor[]) => Tensor[];
  /** Known once f has run. */
  result: () => TreeDefinition;
}

function flatFunction<A extends readonly unknown[]>(
  op: string,
  f: (...args: A) => unknown,
  args: A,
  argnum: number,
): Flat {
  checkFunction(op, f);
  if (!Number.isInteger(argnum) || argnum < 0 || argnum >= args.length)
    throw new ArgumentError(`${op}: argument ${show(argnum)} was asked for, but ${args.length} were given`);
  const { leaves, definition } = flatten(args[argnum]);
  for (const leaf of leaves)
    if (!isFloat(leaf.dtype))
      throw new DTypeError(`${op}: derivatives need float32 or float64, got ${describe(leaf)}`);
  let result: TreeDefinition | undefined;
  return {
    leaves,
    definition,
    f: (...inputs) => {
      const replaced = args.map((arg, n) =>
        n === argnum ? unflatten(definition, inputs) : arg,
      ) as unknown as A;
      const flattened = flattenResult(op, f(...replaced));
      result = flattened.definition;
      return flattened.leaves;
    },
    result: () => result!,
  };
}

/** Blocks [result leaf][argument leaf] put into trees. */
function nest(
  result: TreeDefinition,
  argument: TreeDefinition,
  blocks: readonly (readonly Tensor[])[],
): unknown {
  return unflatten(
    result,
    blocks.map((row) => unflatten(argument, row)),
  );
}

/** Jacobian by forward mode, one pass per input element (all at once): right for tall Jacobians. */
export function jacfwd<A extends readonly unknown[], R, N extends number = 0>(
  f: (...args: A) => R,
  argnum: N = 0 as N, // N is 0 where it is left out
): (...args: A) => Jacobian<R, A[N]> {
  return jacobianForward('jacfwd', f, argnum);
}

/** `jacfwd`, in the name of the transform that is built from it. */
function jacobianForward<A extends readonly unknown[], R, N extends number>(
  op: string,
  f: (...args: A) => R,
  argnum: N,
): (...args: A) => Jacobian<R, A[N]> {
  return (...args) => {
    const flat = flatFunction(op, f, args, argnum);
    const columns = flat.leaves.map((x, k) => {
      let shapes: Shape[] = [];
      const stacks = batchFlat(
        (direction) => {
          const { outputs, tangents } = jvpFlat(
            flat.f,
            flat.leaves,
            flat.leaves.map((_, i) => (i === k ? direction : null)),
          );
          shapes = outputs.map((y) => y.shape);
          return outputs.map((y, i) => tangents[i] ?? zerosLike(y));
        },
        x.size,
        [basis(x)],
        [true],
      );
      return stacks.map((stack, i) =>
        reshape(moveAxis(stack, 0, stack.ndim - 1), [...shapes[i]!, ...x.shape]),
      );
    });
    const rows = (columns[0] ?? []).map((_, r) => columns.map((column) => column[r]!));
    return nest(flat.result(), flat.definition, rows) as Jacobian<R, A[N]>;
  };
}

/** Jacobian by reverse mode, one pass per result element (all at once): right for wide Jacobians. */
export function jacrev<A extends readonly unknown[], R, N extends number = 0>(
  f: (...args: A) => R,
  argnum: N = 0 as N, // N is 0 where it is left out
): (...args: A) => Jacobian<R, A[N]> {
  return (...args) => {
    const flat = flatFunction('jacrev', f, args, argnum);
    const { outputs, pullback } = vjpFlat(
      flat.f,
      flat.leaves,
      flat.leaves.map(() => true),
    );
    const rows = outputs.map((y, r) => {
      const stacks = batchFlat(
        (cotangent) => pullback(outputs.map((_, i) => (i === r ? cotangent : null))).map((ct) => ct!),
        y.size,
        [basis(y)],
        [true],
      );
      return stacks.map((stack, i) => reshape(stack, [...y.shape, ...flat.leaves[i]!.shape]));
    });
    return nest(flat.result(), flat.definition, rows) as Jacobian<R, A[N]>;
  };
}

/** Second derivatives of a scalar function: for every pair of argument leaves a block [...a, ...b]. */
export function hessian<A extends readonly unknown[], N extends number = 0>(
  f: (...args: A) => Tensor,
  argnum: N = 0 as N, // N is 0 where it is left out
): (...args: A) => Jacobian<A[N], A[N]> {
  const slope = gradAs('hessian', f, argnum) as (...args: A) => A[N]; // what grad's type says for a number
  return jacobianForward('hessian', slope, argnum);
}

/** Hessian-vector product ∇²f(x)·v by forward over reverse mode: the cost of a few gradients, no matrix. */
export function hvp<T>(f: (x: T) => Tensor, x: T, v: T): T {
  return jvpAs<[T], T>('hvp', gradAs('hvp', f), [x], [v])[1];
}
