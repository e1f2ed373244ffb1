import { checkDType } from '../dtype.js';
import type { DType } from '../dtype.js';
import { ArgumentError, DTypeError } from '../errors.js';
import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import { checkShape } from '../shape.js';
import type { Aval, Shape } from '../shape.js';
import { show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { checkCount, checkInteger } from './arguments.js';

interface DTypeOption {
  /** Default float32. */
  dtype?: DType;
}

/** Every element `value`. A boolean value makes a bool tensor unless `dtype` says otherwise. */
export function full(shape: Shape, value: number | boolean, options: DTypeOption = {}): Tensor {
  return fullAs('full', shape, value, options);
}

/** `full`, in the name of the function that is built from it. */
function fullAs(op: string, shape: Shape, value: number | boolean, options: DTypeOption): Tensor {
  checkOptions(op, options, ['dtype']);
  const { dtype = typeof value === 'boolean' ? 'bool' : 'float32' } = options;
  checkDType(op, dtype);
  if (typeof value !== 'number' && typeof value !== 'boolean')
    throw new ArgumentError(`${op}: value must be a number or boolean, got ${show(value)}`);
  const number = Number(value);
  if (dtype === 'int32' && number !== (number | 0))
    throw new DTypeError(`${op}: ${number} is not an int32; round it first, or choose float32 or float64`);
  return p.full([...checkShape(op, shape)], dtype === 'bool' ? Number(number !== 0) : number, dtype);
}

/** Every element 0. */
export function zeros(shape: Shape, options: DTypeOption = {}): Tensor {
  return fullAs('zeros', shape, 0, options);
}

/** Every element 1. */
export function ones(shape: Shape, options: DTypeOption = {}): Tensor {
  return fullAs('ones', shape, 1, options);
}

/** Zeros of x's shape and dtype. */
export function zerosLike(x: Aval): Tensor {
  return p.zerosLike(checkLike('zerosLike', x));
}

/** Ones of x's shape and dtype. */
export function onesLike(x: Aval): Tensor {
  const { shape, dtype } = checkLike('onesLike', x);
  return p.full(shape, 1, dtype);
}

/** `value` everywhere, in x's shape and dtype. */
export function fullLike(x: Aval, value: number): Tensor {
  const { shape, dtype } = checkLike('fullLike', x);
  return fullAs('fullLike', shape, value, { dtype });
}

function checkLike(op: string, x: unknown): Aval {
  if (typeof x !== 'object' || x === null || !('shape' in x) || !('dtype' in x))
    throw new ArgumentError(`${op}: needs a tensor whose shape and dtype to take, got ${show(x)}`);
  return { shape: checkShape(op, x.shape), dtype: checkDType(op, x.dtype) };
}

/** The identity matrix [rows, columns]; columns defaults to rows. `offset` moves the diagonal up (down if negative). */
export function eye(
  rows: number,
  columns: number = rows,
  options: DTypeOption & { offset?: number } = {},
): Tensor {
  checkOptions('eye', options, ['dtype', 'offset']);
  const { dtype = 'float32', offset = 0 } = options;
  checkDType('eye', dtype);
  const shape = checkShape('eye', [rows, columns]);
  checkInteger('eye', 'offset', offset);
  const i = p.iota(shape, 0, 'int32');
  const j = p.iota(shape, 1, 'int32');
  return p.cast(p.equal(p.add(i, offset), j), dtype);
}

/**
 * start, start+step, … below stop. `arange(n)` counts from 0. int32 when all arguments are whole numbers, else float32.
 * @throws ArgumentError for a step of 0 or arguments that are not finite; DTypeError for int32 where a number is not one
 */
export function arange(start: number, stop?: number, step = 1, options: DTypeOption = {}): Tensor {
  checkOptions('arange', options, ['dtype']);
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (![from, to, step].every(Number.isFinite) || step === 0)
    throw new ArgumentError(
      `arange: needs finite numbers and a step other than 0, got ${show(from)}, ${show(to)}, ${show(step)}`,
    );
  const dtype = checkDType(
    'arange',
    options.dtype ?? ([from, to, step].every(Number.isInteger) ? 'int32' : 'float32'),
  );
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (dtype === 'int32' && length > 0)
    for (const value of [from, step, from + (length - 1) * step])
      if (value !== (value | 0))
        throw new DTypeError(
          `arange: from ${from} to ${to} in steps of ${step} is no range of int32; choose dtype float32 or float64`,
        );
  // Computed in float64 and cast once, so that float32 results are the nearest ones.
  const work = dtype === 'int32' ? 'int32' : 'float64';
  return p.cast(p.add(p.mul(p.iota([length], 0, work), step), from), dtype);
}

/** `count` evenly spaced numbers from start to stop, both included. */
export function linspace(start: number, stop: number, count = 50, options: DTypeOption = {}): Tensor {
  checkOptions('linspace', options, ['dtype']);
  const { dtype = 'float32' } = options;
  checkDType('linspace', dtype);
  checkCount('linspace', 'count', count);
  if (!Number.isFinite(start) || !Number.isFinite(stop) || !Number.isFinite(stop - start))
    throw new ArgumentError(
      `linspace: needs finite ends, a finite distance apart, got ${show(start)} and ${show(stop)}`,
    );
  const i = p.iota([count], 0, 'float64');
  const last = count - 1;
  const steps = p.add(p.mul(i, last > 0 ? (stop - start) / last : 0), start);
  // The last one exactly, whatever rounding did to the sum.
  return p.cast(count > 1 ? p.where(p.equal(i, last), stop, steps) : steps, dtype);
}
