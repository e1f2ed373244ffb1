import { Tensor } from '@core/tensor';
import type { Fields } from '../arrays.js';
import { takeRows, toTensors } from '../arrays.js';
import { hostFields } from './permutation.js';

/** Rows that can be had by number: what batches are drawn from. `get` may answer later (files, network). */
export interface Source<T> {
  readonly size: number;
  /** The rows `indices`, in that order, as one batch. */
  get(indices: Int32Array): T | Promise<T>;
}

export function isSource(value: unknown): value is Source<unknown> {
  const source = value as Partial<Source<unknown>> | null;
  return typeof source === 'object' && typeof source?.size === 'number' && typeof source.get === 'function';
}

/**
 * A source over arrays in memory; a batch is an object of tensors with the same names. Rows are copied only when
 * their batch is asked for. Throws ShapeError where the fields' numbers of rows differ.
 */
export function fieldSource<F extends Fields>(fields: F): Source<{ [K in keyof F]: Tensor }> {
  return fieldSourceFor('fieldSource', fields);
}

/** `fieldSource` whose messages start with the name of the function that was called. */
export function fieldSourceFor<F extends Fields>(op: string, fields: F): Source<{ [K in keyof F]: Tensor }> {
  const host = hostFields(op, fields);
  return {
    size: host.rows,
    get(indices) {
      const rows = Object.entries(host.fields).map(([name, field]) => [name, takeRows(field, indices)]);
      // fromEntries knows only string keys; they are the keys of F.
      return toTensors(Object.fromEntries(rows)) as { [K in keyof F]: Tensor };
    },
  };
}

/** Frees the tensors of a batch that nobody will get. */
export function disposeBatch(value: unknown): void {
  if (value instanceof Tensor) value.dispose();
  else if (Array.isArray(value)) value.forEach(disposeBatch);
  else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    Object.values(value).forEach(disposeBatch);
  }
}
