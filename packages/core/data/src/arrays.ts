import { ArgumentError, DTypeError, ShapeError, Tensor, tensor } from '@core/tensor';
import type { DType, TypedArray } from '@core/tensor';
import { checkNamed, describe } from './checks.js';

/**
 * An array in the host's memory, row-major. What readers return and writers take: formats and batching need no
 * backend, and a data set stays out of device memory until its batches are asked for.
 */
export interface ArrayData {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: TypedArray;
}

/** Named arrays with one common leading axis: the rows of a data set. */
export interface Fields {
  readonly [name: string]: ArrayData | Tensor;
}

/** Images `[N, C, H, W]`, float32 in [0, 1], and their classes, int32 `[N]`. */
export type LabelledImages = { readonly images: ArrayData; readonly labels: ArrayData };

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const length of shape) count *= length;
  return count;
}

function storedAs(data: unknown): DType | undefined {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Uint8Array) return 'bool';
  return undefined;
}

/** `float32[3,4]`, for messages. */
export function describeArray(array: { readonly shape: readonly number[]; readonly dtype: string }): string {
  return `${array.dtype}[${array.shape.join(',')}]`;
}

/** Throws unless shape, dtype and typed array belong together: ArgumentError, DTypeError or ShapeError. */
export function checkArrayData(op: string, array: ArrayData): ArrayData {
  if (typeof array !== 'object' || array === null || !Array.isArray(array.shape)) {
    throw new ArgumentError(
      `${op}: wants { shape, dtype, data }, got ${array === null ? 'null' : typeof array}`,
    );
  }
  for (const length of array.shape) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new ShapeError(
        `${op}: shape [${array.shape.join(',')}] has the size ${String(length)}; sizes are integers of at least 0`,
      );
    }
  }
  const stored = storedAs(array.data);
  if (stored === undefined || stored !== array.dtype) {
    throw new DTypeError(
      `${op}: dtype ${array.dtype} is stored in ${stored === undefined ? 'no such array' : `a ${stored} array`}; ` +
        'float32, float64, int32 and bool live in Float32Array, Float64Array, Int32Array and Uint8Array',
    );
  }
  if (elementCount(array.shape) !== array.data.length) {
    throw new ShapeError(
      `${op}: shape [${array.shape.join(',')}] needs ${elementCount(array.shape)} elements, the array has ${array.data.length}`,
    );
  }
  return array;
}

/** An ArrayData from a typed array; its dtype follows from the array's type (Uint8Array is bool). */
export function arrayData(data: TypedArray, shape?: readonly number[]): ArrayData {
  const dtype = storedAs(data);
  if (dtype === undefined) {
    throw new DTypeError(
      'arrayData: wants a Float32Array, Float64Array, Int32Array or Uint8Array (bool); convert other arrays first; ' +
        `got ${describe(data)}`,
    );
  }
  return checkArrayData('arrayData', { shape: [...(shape ?? [data.length])], dtype, data });
}

/** A tensor with a copy of the elements. */
export function toTensor(array: ArrayData): Tensor {
  checkArrayData('toTensor', array);
  return tensor(array.data, { shape: array.shape, dtype: array.dtype });
}

/** Every field as a tensor, under its own name. */
export function toTensors<F extends Fields>(fields: F): { [K in keyof F]: Tensor } {
  checkNamed('toTensors', 'arrays', fields);
  const entries = Object.entries(fields).map(([name, field]) => [
    name,
    field instanceof Tensor ? field : toTensor(field),
  ]);
  // fromEntries knows only string keys; they are the keys of F.
  return Object.fromEntries(entries) as { [K in keyof F]: Tensor };
}

function checkTensor(op: string, value: unknown): void {
  if (!(value instanceof Tensor)) throw new ArgumentError(`${op}: wants a tensor, got ${describe(value)}`);
}

/** A copy of a tensor's elements in the host's memory. Throws on devices that can only answer later. */
export function fromTensor(t: Tensor): ArrayData {
  checkTensor('fromTensor', t);
  return { shape: [...t.shape], dtype: t.dtype, data: t.dataSync() };
}

/** `fromTensor` for every device. */
export async function fromTensorAsync(t: Tensor): Promise<ArrayData> {
  checkTensor('fromTensorAsync', t);
  return { shape: [...t.shape], dtype: t.dtype, data: await t.data() };
}

/**
 * The rows `indices` of the leading axis, copied, in that order (repeats allowed). Throws ShapeError for a scalar,
 * ArgumentError for an index outside the rows.
 */
export function takeRows(array: ArrayData, indices: ArrayLike<number>): ArrayData {
  checkArrayData('takeRows', array);
  const rows = array.shape[0];
  if (rows === undefined) {
    throw new ShapeError('takeRows: a scalar has no rows; give an array with a leading axis');
  }
  const width = elementCount(array.shape.slice(1));
  const taken = emptyLike(array.data, indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!;
    if (!Number.isInteger(row) || row < 0 || row >= rows) {
      throw new ArgumentError(`takeRows: row ${row} is not one of the ${rows} rows 0..${rows - 1}`);
    }
    // For single elements set(subarray) costs more than the copy itself.
    if (width === 1) taken[i] = array.data[row]!;
    else taken.set(array.data.subarray(row * width, (row + 1) * width), i * width);
  }
  return { shape: [indices.length, ...array.shape.slice(1)], dtype: array.dtype, data: taken };
}

function emptyLike(data: TypedArray, length: number): TypedArray {
  if (data instanceof Float32Array) return new Float32Array(length);
  if (data instanceof Float64Array) return new Float64Array(length);
  if (data instanceof Int32Array) return new Int32Array(length);
  return new Uint8Array(length);
}
