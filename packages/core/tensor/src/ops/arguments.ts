import { ArgumentError, DTypeError, TrellisError } from '../errors.js';
import { describe, reducedShape } from '../shape.js';
import { show } from '../show.js';
import type { Tensor } from '../tensor.js';
import * as p from '../primitives/calls.js';
import { asTensor } from './convert.js';
import type { TensorLike } from './convert.js';

/** An argument that holds positions: int32 tensors as they are, whole JS numbers (nested or not) as int32. */
export function asIndices(op: string, name: string, value: TensorLike): Tensor {
  const indices = asTensor(op, value, 'int32');
  if (indices.dtype === 'int32') return indices;
  throw new DTypeError(
    `${op}: ${name} must be int32, got ${describe(indices)}; cast them: ${name}.cast('int32')`,
  );
}

/** Throws ArgumentError unless `value` is a whole number of at least `least`. */
export function checkCount(op: string, name: string, value: number, least = 0): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new ArgumentError(`${op}: ${name} must be a whole number of at least ${least}, got ${show(value)}`);
}

/** Throws ArgumentError unless `value` is a finite number (of at least `least`). */
export function checkFinite(op: string, name: string, value: number, least = -Infinity): number {
  if (Number.isFinite(value) && value >= least) return value;
  const range = least === -Infinity ? '' : ` of at least ${least}`;
  throw new ArgumentError(`${op}: ${name} must be a finite number${range}, got ${show(value)}`);
}

/** A whole number, of any sign. */
export function checkInteger(op: string, name: string, value: number): number {
  if (Number.isInteger(value)) return value;
  throw new ArgumentError(`${op}: ${name} must be a whole number, got ${show(value)}`);
}

/** Runs `body`; an error that `other`, of which `op` is built, raises inside it names `op` instead. */
export function inTheNameOf<R>(op: string, other: string, body: () => R): R {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof TrellisError) || !error.message.startsWith(`${other}: `)) throw error;
    // The classes below TrellisError fix the code and take the message alone.
    const { constructor } = error as { constructor: unknown };
    if (constructor === TrellisError) throw error;
    throw new (constructor as new (message: string) => TrellisError)(op + error.message.slice(other.length));
  }
}

/** The options of all reductions, for `checkOptions`. */
export const reduceOptions: readonly string[] = ['keepDims'];

/** Puts reduced axes back as size 1 where `keepDims` asks for it. */
export function restoreAxes(
  y: Tensor,
  x: Tensor,
  axes: readonly number[],
  keepDims: boolean | undefined,
): Tensor {
  return keepDims === true ? p.reshape(y, reducedShape(x.shape, axes, true)) : y;
}

/** The given axes moved behind the others, in order, and joined to one. */
export function mergeLast(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const count = axes.reduce((size, axis) => size * x.shape[axis]!, 1);
  return p.reshape(p.transpose(x, [...kept, ...axes]), [...kept.map((axis) => x.shape[axis]!), count]);
}
