import { show } from '@core/registry/checks';
import { ArgumentError, DTypeError, Tensor, full, where } from '@core/tensor';
import { scalarDType } from '../math.js';
import type { Schedule } from '../types.js';

/**
 * What schedules are computed with. Each is written once over this and so means the same for a JS number as for a scalar tensor,
 * which may be traced.
 */
export interface Arithmetic<T> {
  add(a: T | number, b: T | number): T;
  sub(a: T | number, b: T | number): T;
  mul(a: T | number, b: T | number): T;
  div(a: T | number, b: T | number): T;
  min(a: T | number, b: T | number): T;
  max(a: T | number, b: T | number): T;
  pow(base: T | number, exponent: T | number): T;
  floor(a: T): T;
  cos(a: T): T;
  /** a < b ? yes : no; both are computed. */
  below(a: T | number, b: T | number, yes: T | number, no: T | number): T;
}

const numbers: Arithmetic<number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
  pow: Math.pow,
  floor: Math.floor,
  cos: Math.cos,
  below: (a, b, yes, no) => (a < b ? yes : no),
};

/** Scalars in the widest float there is; JS numbers take it on. */
const tensors: Arithmetic<Tensor> = {
  add: (a, b) => lift(a).add(b),
  sub: (a, b) => lift(a).sub(b),
  mul: (a, b) => lift(a).mul(b),
  div: (a, b) => lift(a).div(b),
  min: (a, b) => lift(a).minimum(b),
  max: (a, b) => lift(a).maximum(b),
  pow: (a, b) => lift(a).pow(b),
  floor: (a) => a.floor(),
  cos: (a) => a.cos(),
  below: (a, b, yes, no) => where(lift(a).less(b), lift(yes), lift(no)),
};

function lift(x: Tensor | number): Tensor {
  return x instanceof Tensor ? x.cast(scalarDType()) : full([], x, { dtype: scalarDType() });
}

/** A schedule from its formula. */
export function schedule(owner: string, formula: <T>(count: T, math: Arithmetic<T>) => T): Schedule {
  return (count) => {
    checkCount(owner, count);
    return typeof count === 'number' ? formula(count, numbers) : formula(lift(count), tensors);
  };
}

/** @throws ArgumentError, DTypeError for a count that is none */
export function checkCount(owner: string, count: unknown): asserts count is Tensor | number {
  if (count instanceof Tensor) {
    if (count.ndim === 0 && count.dtype !== 'bool') return;
    throw new DTypeError(`${owner}: the step count must be a scalar of numbers, got ${show(count)}`);
  }
  if (typeof count !== 'number' || !Number.isFinite(count) || count < 0)
    throw new ArgumentError(`${owner}: the step count must be a number of at least 0, got ${show(count)}`);
}

/** What takes all of these values: tensors as soon as one of them is a tensor, as a schedule's value may be. */
export function mathFor(...values: readonly (Tensor | number)[]): Arithmetic<Tensor | number> {
  return values.every((value) => typeof value === 'number') ? numbers : tensors;
}

/** The count since `start`, and 0 before it; whole numbers stay whole numbers. */
export function since(count: Tensor | number, start: number): Tensor | number {
  return typeof count === 'number' ? Math.max(count - start, 0) : count.sub(start).maximum(0);
}
