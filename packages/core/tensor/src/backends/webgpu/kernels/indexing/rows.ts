import type { PrimitiveName } from '../../../../primitives/parameters.js';
import { indexError } from '../../../../primitives/kernels/indexing.js';
import type { Fault } from '../../kernel.js';

/** A scatterAdd: x [batches, length, depth], indices [lists, count], updates [batches, count, depth]. */
export interface Scatter {
  readonly dtype: 'float32' | 'int32';
  readonly batches: number;
  readonly length: number;
  readonly depth: number;
  /** One for all batches, or one for each. */
  readonly lists: number;
  readonly count: number;
}

/**
 * WGSL `resolve_row(index)` for rows that may be counted from the end: what is out of range comes out as `length` or more.
 */
export const resolveRow = (length: number): string =>
  `fn resolve_row(index: i32) -> u32 { return u32(select(index, index + ${length}, index < 0)); }`;

/** For an index out of range, with its position in the list. */
export const rowFault =
  (op: PrimitiveName, length: number): Fault =>
  (index, position) =>
    indexError(op, index, length, position);
