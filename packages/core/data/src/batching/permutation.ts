import { ArgumentError, ShapeError } from '@core/tensor';
import { Tensor } from '@core/tensor';
import type { ArrayData, Fields } from '../arrays.js';
import { checkArrayData, fromTensor, takeRows } from '../arrays.js';
import { checkNamed, checkOptions } from '../checks.js';
import { checkSeed, integerStream } from './threefry.js';

/**
 * The numbers 0..n-1 in an order that depends on `seed` and `epoch` only: the same on every machine, each of the n!
 * orders equally likely (Fisher and Yates, with unbiased integers of Threefry).
 * Throws ArgumentError for an n, seed or epoch that is not a non-negative integer.
 */
export function permutation(n: number, seed: number, epoch = 0): Int32Array {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 31) {
    throw new ArgumentError(`permutation: n must be an integer from 0 to 2^31 - 1, got ${String(n)}`);
  }
  if (!Number.isSafeInteger(epoch) || epoch < 0) {
    throw new ArgumentError(`permutation: epoch must be a non-negative integer, got ${String(epoch)}`);
  }
  const below = integerStream(checkSeed('permutation', seed), epoch);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}

/** Fields in the host's memory. */
export interface HostFields {
  readonly [name: string]: ArrayData;
}

/** Every field as an array in the host's memory; tensors are copied once. */
export function hostFields(op: string, fields: Fields): { fields: HostFields; rows: number } {
  checkNamed(op, 'arrays', fields);
  const entries = Object.entries(fields).map(([name, field]): [string, ArrayData] => [
    name,
    field instanceof Tensor ? fromTensor(field) : checkArrayData(`${op}: ${name}`, field),
  ]);
  const first = entries[0];
  if (first === undefined)
    throw new ArgumentError(`${op}: needs at least one field, such as { images, labels }`);
  for (const [name, { shape }] of entries) {
    if (shape.length === 0)
      throw new ShapeError(`${op}: '${name}' is a scalar; fields need a leading axis of rows`);
    if (shape[0] !== first[1].shape[0]) {
      throw new ShapeError(
        `${op}: '${first[0]}' has ${first[1].shape[0]} rows, '${name}' has ${shape[0]}; all fields need the same number`,
      );
    }
  }
  return { fields: Object.fromEntries(entries), rows: first[1].shape[0]! };
}

/**
 * Splits rows into disjoint parts of the given sizes, shuffled with `seed` (default 0) or, with `shuffle: false`, in
 * order: `splitRows({ images, labels }, { train: 8000, test: 2000 })`. Rows beyond the sum of the sizes are left out.
 * Throws ArgumentError for sizes that are no non-negative integers or ask for more rows than there are.
 */
export function splitRows<F extends Fields, P extends string>(
  fields: F,
  sizes: Readonly<Record<P, number>>,
  options: { readonly seed?: number; readonly shuffle?: boolean } = {},
): Record<P, { [K in keyof F]: ArrayData }> {
  const host = hostFields('splitRows', fields);
  checkNamed('splitRows', 'sizes', sizes);
  checkOptions('splitRows', options, { seed: true, shuffle: true });
  const parts = Object.entries<number>(sizes);
  let total = 0;
  for (const [part, size] of parts) {
    if (!Number.isInteger(size) || size < 0) {
      throw new ArgumentError(
        `splitRows: '${part}' must be a non-negative number of rows, got ${String(size)}`,
      );
    }
    total += size;
  }
  if (total > host.rows) {
    const wanted = parts.map(([part, size]) => `${part} ${size}`).join(' + ');
    throw new ArgumentError(`splitRows: ${wanted} = ${total} rows, but there are only ${host.rows}`);
  }
  const order =
    options.shuffle === false
      ? Int32Array.from({ length: host.rows }, (_, i) => i)
      : permutation(host.rows, options.seed ?? 0);
  let at = 0;
  const split = parts.map(([part, size]) => {
    const rows = order.subarray(at, (at += size));
    return [
      part,
      Object.fromEntries(Object.entries(host.fields).map(([name, field]) => [name, takeRows(field, rows)])),
    ];
  });
  // fromEntries knows only string keys; they are the keys of `sizes` and of F.
  return Object.fromEntries(split) as Record<P, { [K in keyof F]: ArrayData }>;
}
