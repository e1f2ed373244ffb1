import type { DType } from '../dtype.js';
import { checkDType, isFloat } from '../dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import { asTensor } from '../ops/convert.js';
import type { TensorLike } from '../ops/convert.js';
import * as p from '../primitives/calls.js';
import { broadcastShapes, checkShape, describe, formatShape, sameShape } from '../shape.js';
import type { Shape } from '../shape.js';
import { show } from '../show.js';
import { Tensor } from '../tensor.js';

/** What the samplers share in reading their arguments. */

export interface FloatOptions {
  /** float32 (default) or float64. */
  dtype?: DType | undefined;
}

/** A key: int32 [2]. */
export function checkKey(op: string, key: unknown): Tensor {
  if (!(key instanceof Tensor)) {
    throw new ArgumentError(
      `${op}: the first argument must be a key, got ${typeof key === 'number' ? `the number ${key}` : show(key)}; make one with random.key(seed)`,
    );
  }
  if (key.dtype === 'int32' && sameShape(key.shape, [2])) return key;
  const remedy =
    key.dtype === 'int32' && key.shape.at(-1) === 2
      ? 'for a stack of keys use vmap'
      : 'make one with random.key(seed)';
  const message = `${op}: a key is int32[2], got ${describe(key)}; ${remedy}`;
  throw key.dtype === 'int32' ? new ShapeError(message) : new DTypeError(message);
}

export function checkFloat(op: string, dtype: DType = 'float32'): 'float32' | 'float64' {
  if (isFloat(checkDType(op, dtype))) return dtype as 'float32' | 'float64';
  throw new DTypeError(`${op}: dtype must be float32 or float64, got ${dtype}`);
}

/** Numbers as the dtype would store them. */
export const stored = (value: number, dtype: DType): number =>
  dtype === 'float32' ? Math.fround(value) : value;

/**
 * A distribution's parameters as tensors of one float dtype (the option's, else the widest among float tensors, else
 * float32), with the shape of the result: `shape` if given, which they must broadcast to, else what they broadcast to.
 */
export function readParameters(
  op: string,
  parameters: Readonly<Record<string, TensorLike>>,
  shape: Shape | undefined,
  dtype: DType | undefined,
): { values: Tensor[]; shape: Shape; dtype: 'float32' | 'float64' } {
  const given = Object.values(parameters);
  const wide = given.some((x) => (x instanceof Tensor && x.dtype === 'float64') || x instanceof Float64Array);
  const chosen = checkFloat(op, dtype ?? (wide ? 'float64' : 'float32'));
  const values = Object.entries(parameters).map(([name, x]) => {
    const value = asTensor(op, x, chosen);
    if (value.dtype === 'float64' && chosen === 'float32') {
      throw new DTypeError(
        `${op}: ${name} is ${describe(value)}, but dtype float32 is asked for; nothing is cast down silently: cast it`,
      );
    }
    return p.cast(value, chosen);
  });
  const common = broadcastShapes(op, ...values.map((x) => x.shape));
  if (shape === undefined) return { values, shape: common, dtype: chosen };
  checkShape(op, shape);
  checkBroadcasts(op, 'parameters', common, shape);
  return { values, shape: [...shape], dtype: chosen };
}

/** Throws unless `shape` broadcasts to exactly `target`. */
export function checkBroadcasts(op: string, what: string, shape: Shape, target: Shape): void {
  const offset = target.length - shape.length;
  if (offset >= 0 && shape.every((length, axis) => length === 1 || length === target[axis + offset])) return;
  throw new ShapeError(
    `${op}: ${what} of shape ${formatShape(shape)} do not broadcast to the shape ${formatShape(target)}`,
  );
}

/** Throws unless each parameter that is a plain number passes; tensors' elements are not looked at. */
export function checkNumber(
  op: string,
  name: string,
  value: TensorLike,
  ok: (x: number) => boolean,
  needed: string,
): void {
  if (typeof value === 'number' && !ok(value))
    throw new ArgumentError(`${op}: ${name} must be ${needed}, got ${value}`);
}
