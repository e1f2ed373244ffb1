import { allocate, checkDType, dtypeOfTypedArray, promote, promoteNumber } from '../dtype.js';
import type { DType, TypedArray } from '../dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import { checkOptions } from '../options.js';
import { cast, scalar } from '../primitives/calls.js';
import type { Shape } from '../shape.js';
import { checkShape, formatShape, sizeOf } from '../shape.js';
import { show } from '../show.js';
import { Storage, withHandles } from '../storage.js';
import { ConcreteTensor, Tensor } from '../tensor.js';
import { currentBackend } from '../trace.js';

/** What operations take for a tensor: JS numbers and booleans are weakly typed scalars, nested arrays are float32. */
export type TensorLike = Tensor | number | boolean | Nested | TypedArray;

export type Nested = readonly (number | boolean | Nested)[];

export interface TensorOptions {
  /** Default: the typed array's own (bool for a Uint8Array of 0 and 1), bool for booleans, else float32. */
  dtype?: DType;
  /** Default: the nesting of the arrays; flat typed arrays have one axis. */
  shape?: Shape;
}

/**
 * A tensor with a copy of the given elements.
 *
 * `tensor([[1, 2], [3, 4]])` is float32 [2,2]; `tensor(new Float64Array(6), {shape: [2, 3]})` keeps float64.
 * Casting to int32 truncates as JS does only when every number is an integer already; otherwise DTypeError.
 * A Uint8Array of zeros and ones is bool; with other values it needs `dtype`: 'int32' and 'float32' keep the numbers,
 * 'bool' makes true of all that is not 0.
 *
 * @throws ShapeError for ragged nesting or a shape of another size; DTypeError for elements the dtype cannot hold.
 */
export function tensor(data: TensorLike, options: TensorOptions = {}): Tensor {
  checkOptions('tensor', options, ['dtype', 'shape']);
  return makeTensor('tensor', data, options);
}

/** `tensor`, in the name of the operation that got the data as an argument. */
function makeTensor(op: string, data: TensorLike, options: TensorOptions): Tensor {
  if (options.dtype !== undefined) checkDType(op, options.dtype);
  if (options.shape !== undefined) checkShape(op, options.shape);
  if (data instanceof Tensor) {
    if (options.shape !== undefined && formatShape(options.shape) !== formatShape(data.shape)) {
      throw new ShapeError(
        `${op}: got a tensor of shape ${formatShape(data.shape)} with shape ${formatShape(options.shape)}; use reshape`,
      );
    }
    return cast(data, options.dtype ?? data.dtype);
  }
  const { flat, shape, dtype } = flatten(op, data);
  if (options.dtype === undefined && data instanceof Uint8Array) checkTruth(op, data);
  const target = options.shape ?? shape;
  if (sizeOf(target) !== flat.length) {
    throw new ShapeError(
      `${op}: ${flat.length} elements do not fill shape ${formatShape(target)} of ${sizeOf(target)}`,
    );
  }
  return fromHost(convert(op, flat, options.dtype ?? dtype), target, options.dtype ?? dtype);
}

/** A concrete tensor over a copy of `data`, without checks. */
export function fromHost(
  data: TypedArray,
  shape: Shape,
  dtype: DType,
  backend = currentBackend(),
): ConcreteTensor {
  const handle = withHandles([], () => backend.upload(data));
  return new ConcreteTensor([...shape], dtype, new Storage(backend, handle));
}

function flatten(
  op: string,
  data: number | boolean | Nested | TypedArray,
): {
  flat: ArrayLike<number | boolean>;
  shape: number[];
  dtype: DType;
} {
  if (ArrayBuffer.isView(data)) {
    const dtype = dtypeOfTypedArray(data);
    if (dtype === undefined) {
      throw new DTypeError(
        `${op}: no dtype stores a ${(data as object).constructor.name}; use Float32Array, Float64Array, Int32Array or Uint8Array (bool)`,
      );
    }
    return { flat: data, shape: [data.length], dtype };
  }
  if (typeof data === 'number') return { flat: [data], shape: [], dtype: 'float32' };
  if (typeof data === 'boolean') return { flat: [data], shape: [], dtype: 'bool' };
  if (!Array.isArray(data))
    throw new ArgumentError(
      `${op}: needs numbers, booleans, nested arrays or a typed array, got ${show(data)}`,
    );
  const shape: number[] = [];
  for (let level: unknown = data; Array.isArray(level); level = (level as unknown[])[0])
    shape.push(level.length);
  const flat: (number | boolean)[] = [];
  const visit = (level: unknown, axis: number): void => {
    if (axis === shape.length) {
      if (typeof level !== 'number' && typeof level !== 'boolean') {
        throw Array.isArray(level)
          ? new ShapeError(`${op}: ragged nesting: an array stands among elements at depth ${axis}`)
          : new ArgumentError(`${op}: elements must be numbers or booleans, got ${show(level)}`);
      }
      flat.push(level);
      return;
    }
    if (!Array.isArray(level) || level.length !== shape[axis]) {
      const got = Array.isArray(level) ? `length ${level.length}` : show(level);
      throw new ShapeError(
        `${op}: ragged nesting: expected arrays of length ${shape[axis]} at depth ${axis}, got ${got}`,
      );
    }
    for (const item of level as unknown[]) visit(item, axis + 1);
  };
  visit(data, 0);
  return {
    flat,
    shape,
    dtype: flat.length > 0 && flat.every((x) => typeof x === 'boolean') ? 'bool' : 'float32',
  };
}

/** Bytes are bools only where they are 0 and 1; others are numbers (pixels, labels), which no dtype is assumed for. */
function checkTruth(op: string, data: Uint8Array): void {
  const i = data.findIndex((value) => value > 1);
  if (i >= 0) {
    throw new DTypeError(
      `${op}: a Uint8Array without dtype holds bools, 0 or 1, got ${data[i]} at position ${i}; ` +
        `pass dtype: 'int32', 'float32' or 'bool' (non-zero is true) to tensor()`,
    );
  }
}

function convert(op: string, flat: ArrayLike<number | boolean>, dtype: DType): TypedArray {
  const out = allocate(dtype, flat.length);
  for (let i = 0; i < flat.length; i++) {
    const value = Number(flat[i]);
    if (dtype === 'bool') {
      out[i] = value !== 0 ? 1 : 0;
      continue;
    }
    if (dtype === 'int32' && value !== (value | 0)) {
      throw new DTypeError(
        `${op}: ${value} at position ${i} is not an int32; round it first or choose float32 or float64`,
      );
    }
    out[i] = value;
  }
  return out;
}

/** An operation's argument as a tensor; `like` gives JS numbers their dtype. */
export function asTensor(op: string, value: TensorLike, like?: DType): Tensor {
  if (value instanceof Tensor) return value;
  if (typeof value === 'number')
    return scalar(value, like === undefined ? 'float32' : promoteNumber(like, value));
  if (typeof value === 'boolean') return scalar(value ? 1 : 0, like ?? 'bool');
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return makeTensor(op, value, like !== undefined && !ArrayBuffer.isView(value) ? { dtype: like } : {});
  throw new ArgumentError(`${op}: needs a tensor or a number, got ${show(value)}`);
}

/**
 * Operands brought to one dtype: the highest among the tensors along bool < int32 < float32 < float64. JS numbers take
 * the tensors' dtype and widen it only when they do not fit (1.5 with int32 gives float32).
 */
export function promoteOperands(op: string, ...operands: readonly TensorLike[]): Tensor[] {
  const [first] = operands;
  if (first instanceof Tensor && operands.every((x) => x instanceof Tensor && x.dtype === first.dtype))
    return operands as Tensor[];
  let dtype: DType | undefined;
  for (const x of operands) {
    if (x instanceof Tensor) dtype = dtype === undefined ? x.dtype : promote(dtype, x.dtype);
    else if (ArrayBuffer.isView(x)) dtype = promote(dtype ?? 'bool', dtypeOfTypedArray(x) ?? 'bool');
  }
  if (dtype === undefined) dtype = operands.every((x) => typeof x === 'boolean') ? 'bool' : 'float32';
  for (const x of operands) if (typeof x === 'number') dtype = promote(dtype, promoteNumber(dtype, x));
  const target = dtype;
  return operands.map((x) => cast(asTensor(op, x, target), target));
}

/** As `promoteOperands`, and at least float32: for operations that make no sense on integers. */
export function promoteFloats(op: string, ...operands: readonly TensorLike[]): Tensor[] {
  return promoteOperands(op, ...operands).map(toFloat);
}

/** Integers and booleans become float32; floats stay. */
export function toFloat(x: Tensor): Tensor {
  return x.dtype === 'int32' || x.dtype === 'bool' ? cast(x, 'float32') : x;
}

/** Throws DTypeError unless `x` is one of `allowed`. */
export function requireDType(op: string, x: Tensor, allowed: readonly DType[]): Tensor {
  if (!allowed.includes(x.dtype)) {
    throw new DTypeError(
      `${op}: needs ${allowed.join(' or ')}, got ${x.dtype}${formatShape(x.shape)}; cast it first: x.cast('${allowed[0]}')`,
    );
  }
  return x;
}
