import { checkDType } from '../dtype.js';
import type { DType } from '../dtype.js';
import { ArgumentError, DTypeError } from '../errors.js';
import * as p from '../primitives/calls.js';
import { checkShape } from '../shape.js';
import type { Aval, Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';

interface DTypeOption {
  /** Default float32. */
  dtype?: DType;
}

/** Every element `value`. A boolean value makes a bool tensor unless `dtype` says otherwise. */
export function full(
  shape: Shape,
  value: number | boolean,
  { dtype = typeof value === 'boolean' ? 'bool' : 'float32' }: DTypeOption = {},
): Tensor {
  checkDType('full', dtype);
  if (typeof value !== 'number' && typeof value !== 'boolean')
    throw new ArgumentError(`full: value must be a number or boolean, got ${String(value)}`);
  const number = Number(value);
  if (dtype === 'int32' && number !== (number | 0)) throw new DTypeError(`full: ${number} is not an int32`);
  return p.full([...checkShape('full', shape)], dtype === 'bool' ? Number(number !== 0) : number, dtype);
}

export function zeros(shape: Shape, options: DTypeOption = {}): Tensor {
  return full(shape, 0, { dtype: 'float32', ...options });
}

export function ones(shape: Shape, options: DTypeOption = {}): Tensor {
  return full(shape, 1, { dtype: 'float32', ...options });
}

/** Zeros of x's shape and dtype. */
export function zerosLike(x: Aval): Tensor {
  return p.zerosLike(x);
}

export function onesLike(x: Aval): Tensor {
  return p.full(x.shape, 1, x.dtype);
}

export function fullLike(x: Aval, value: number): Tensor {
  return full(x.shape, value, { dtype: x.dtype });
}

/** The identity matrix [rows, columns]; columns defaults to rows. `offset` moves the diagonal up (down if negative). */
export function eye(
  rows: number,
  columns: number = rows,
  { dtype = 'float32', offset = 0 }: DTypeOption & { offset?: number } = {},
): Tensor {
  checkDType('eye', dtype);
  const shape = checkShape('eye', [rows, columns]);
  const i = p.iota(shape, 0, 'int32');
  const j = p.iota(shape, 1, 'int32');
  return p.cast(p.equal(p.add(i, offset), j), dtype);
}

/**
 * start, start+step, … below stop. `arange(n)` counts from 0. int32 when all arguments are whole numbers, else float32.
 * @throws ArgumentError for a step of 0 or arguments that are not finite
 */
export function arange(start: number, stop?: number, step = 1, options: DTypeOption = {}): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (![from, to, step].every(Number.isFinite) || step === 0)
    throw new ArgumentError(
      `arange: needs finite numbers and a step other than 0, got ${from}, ${to}, ${step}`,
    );
  const dtype = checkDType(
    'arange',
    options.dtype ?? ([from, to, step].every(Number.isInteger) ? 'int32' : 'float32'),
  );
  const length = Math.max(0, Math.ceil((to - from) / step));
  // Computed in float64 and cast once, so that float32 results are the nearest ones.
  const work = dtype === 'int32' ? 'int32' : 'float64';
  return p.cast(p.add(p.mul(p.iota([length], 0, work), step), from), dtype);
}

/** `count` evenly spaced numbers from start to stop, both included. */
export function linspace(
  start: number,
  stop: number,
  count = 50,
  { dtype = 'float32' }: DTypeOption = {},
): Tensor {
  checkDType('linspace', dtype);
  if (!Number.isInteger(count) || count < 0)
    throw new ArgumentError(`linspace: count must be a whole number of at least 0, got ${count}`);
  if (!Number.isFinite(start) || !Number.isFinite(stop))
    throw new ArgumentError(`linspace: needs finite ends, got ${start} and ${stop}`);
  const i = p.iota([count], 0, 'float64');
  const last = count - 1;
  const steps = p.add(p.mul(i, last > 0 ? (stop - start) / last : 0), start);
  // The last one exactly, whatever rounding did to the sum.
  return p.cast(count > 1 ? p.where(p.equal(i, last), stop, steps) : steps, dtype);
}
