import type { TypedArray } from '../../dtype.js';
import { IndexError } from '../../errors.js';
import { stridesOf } from '../../shape.js';
import type { HostArray } from '../primitive.js';
import { stridedCopy } from './strided.js';

/** Windows whose rows are shorter than this are copied in a loop. */
const SHORT_ROW = 32;

/** Where a window starts in memory; starts are clamped so that it fits. */
function windowOffset(
  starts: readonly HostArray[],
  shape: readonly number[],
  sizes: readonly number[],
): number {
  const strides = stridesOf(shape);
  let offset = 0;
  starts.forEach((start, axis) => {
    const clamped = Math.max(0, Math.min(start.data[0]!, shape[axis]! - sizes[axis]!));
    offset += clamped * strides[axis]!;
  });
  return offset;
}

export function dynamicSliceKernel(x: HostArray, starts: readonly HostArray[], out: HostArray): void {
  const offset = windowOffset(starts, x.shape, out.shape);
  stridedCopy(x.data, offset, stridesOf(x.shape), out.data, 0, stridesOf(out.shape), out.shape);
}

export function dynamicUpdateSliceKernel(
  x: HostArray,
  update: HostArray,
  starts: readonly HostArray[],
  out: HostArray,
): void {
  out.data.set(x.data);
  const offset = windowOffset(starts, x.shape, update.shape);
  stridedCopy(update.data, 0, stridesOf(update.shape), out.data, offset, stridesOf(out.shape), update.shape);
}

/** A row number for an index that may count from the end. */
function resolveIndex(op: string, index: number, length: number, position: number): number {
  const row = index < 0 ? index + length : index;
  if (row >= 0 && row < length) return row;
  throw indexError(op, index, length, position);
}

/** The error of an index that is number `position` of a list and names none of `length` rows. */
export function indexError(op: string, index: number, length: number, position: number): IndexError {
  const range = length === 0 ? 'no index is valid' : `use ${-length}..${length - 1}`;
  return new IndexError(
    `${op}: index ${index} (number ${position} of the indices) is out of range for an axis of size ${length}; ${range}`,
  );
}

export function gatherKernel(x: HostArray, indices: HostArray, out: HostArray): void {
  const [batches, count, width] = out.shape as [number, number, number];
  const length = x.shape[1]!;
  const xStep = x.shape[0] === 1 ? 0 : length * width;
  const indexStep = indices.shape[0] === 1 ? 0 : count;
  const source = x.data;
  const target = out.data;
  const chosen = indices.data;
  for (let batch = 0; batch < batches; batch++) {
    for (let i = 0; i < count; i++) {
      const position = batch * indexStep + i;
      const from = batch * xStep + resolveIndex('gather', chosen[position]!, length, position) * width;
      const to = (batch * count + i) * width;
      if (width < SHORT_ROW) for (let j = 0; j < width; j++) target[to + j] = source[from + j]!;
      else target.set(source.subarray(from, from + width), to);
    }
  }
}

export function scatterAddKernel(x: HostArray, indices: HostArray, updates: HostArray, out: HostArray): void {
  const [batches, length, width] = x.shape as [number, number, number];
  const count = indices.shape[1]!;
  const indexStep = indices.shape[0] === 1 ? 0 : count;
  const rows = new Int32Array(count);
  for (let batch = 0; batch < batches; batch++) {
    const first = batch * indexStep;
    for (let i = 0; i < count; i++)
      rows[i] = resolveIndex('scatterAdd', indices.data[first + i]!, length, first + i);
    const start = batch * length * width;
    const base = x.data.subarray(start, start + length * width);
    const added = updates.data.subarray(batch * count * width, (batch + 1) * count * width);
    const target = out.data.subarray(start, start + length * width);
    // Float32 sums are taken in doubles: in a whole array of them where most rows are met, row by row where few are.
    if (x.dtype !== 'float32') {
      target.set(base);
      addRows(target, rows, added, width);
    } else if (length <= 4 * count) {
      const sums = Float64Array.from(base);
      addRows(sums, rows, added, width);
      target.set(sums);
    } else {
      target.set(base);
      addSparseRows(target, length, rows, added, width);
    }
  }
}

/** Stores of an Int32Array wrap. */
function addRows(target: TypedArray, rows: Int32Array, added: TypedArray, width: number): void {
  for (let i = 0; i < rows.length; i++) {
    const to = rows[i]! * width;
    const from = i * width;
    for (let j = 0; j < width; j++) target[to + j]! += added[from + j]!;
  }
}

/** Takes the updates of one row together, following them by links, so that one row of doubles is enough. */
function addSparseRows(
  target: TypedArray,
  length: number,
  rows: Int32Array,
  added: TypedArray,
  width: number,
): void {
  const next = new Int32Array(rows.length);
  const head = new Int32Array(length).fill(-1);
  for (let i = rows.length - 1; i >= 0; i--) {
    next[i] = head[rows[i]!]!;
    head[rows[i]!] = i;
  }
  const sums = new Float64Array(width);
  for (const row of rows) {
    if (head[row]! < 0) continue;
    const to = row * width;
    for (let j = 0; j < width; j++) sums[j] = target[to + j]!;
    for (let i = head[row]!; i >= 0; i = next[i]!) {
      const from = i * width;
      for (let j = 0; j < width; j++) sums[j]! += added[from + j]!;
    }
    for (let j = 0; j < width; j++) target[to + j] = sums[j]!;
    head[row] = -1;
  }
}
