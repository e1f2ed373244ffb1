import type { Backend } from './backends/backend.js';
import type { TensorMethods } from './methods.js';
import type { DType, TypedArray } from './dtype.js';
import { DisposedError, ShapeError, TraceError } from './errors.js';
import type { Aval, Shape } from './shape.js';
import { describe, formatShape, sizeOf } from './shape.js';
import { trackInScope } from './scope.js';
import { type Storage } from './storage.js';

// The operations as methods: `methods.ts` attaches them to the class, and their types are merged into it here.
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface Tensor extends TensorMethods {}

/**
 * An immutable n-dimensional array. The operations are methods too (`x.add(y)` is `add(x, y)`); `methods.ts` adds them.
 * Inside a transform (`grad`, `vmap`, `jit`, …) the values a function gets are tensors as well, but stand for a whole
 * family of computations; reading their elements may then be refused with a TraceError.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export abstract class Tensor implements Aval {
  readonly shape: Shape;
  readonly dtype: DType;

  constructor(shape: Shape, dtype: DType) {
    this.shape = shape;
    this.dtype = dtype;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** A copy of the elements in row-major order; returns at once. Throws on devices that can only answer later. */
  abstract dataSync(): TypedArray;

  /** A copy of the elements in row-major order. */
  abstract data(): Promise<TypedArray>;

  /** Frees the memory now; the tensor must not be used afterwards. Doing it twice is allowed. */
  abstract dispose(): void;

  abstract get isDisposed(): boolean;

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The only element of a tensor of size 1, as a JS number (booleans as 0 or 1). */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(
        `item: needs a tensor with one element, got ${describe(this)}; use toArray() or dataSync()`,
      );
    }
    return this.dataSync()[0]!;
  }

  /** Nested JS arrays (a plain number or boolean for a scalar). */
  toArray(): NestedArray {
    const data = this.dataSync();
    const element = this.dtype === 'bool' ? (i: number) => data[i] !== 0 : (i: number) => data[i]!;
    let position = 0;
    const nest = (axis: number): NestedArray =>
      axis === this.ndim
        ? element(position++)
        : Array.from({ length: this.shape[axis]! }, () => nest(axis + 1));
    return nest(0);
  }

  /** JS operators work on plain numbers; a scalar tensor gives its number, anything else a clear error. */
  [Symbol.toPrimitive](hint: string): number | string {
    if (hint === 'string') return this.toString();
    if (this.size === 1) return this.item();
    throw new ShapeError(
      `a ${describe(this)} tensor cannot be used as a JS number; write the operation as a method (x.add(y), x.less(y))`,
    );
  }

  toString(): string {
    return `Tensor ${describe(this)}`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.isDisposed || this.size > 64 ? this.toString() : `${this.toString()} ${safeValues(this)}`;
  }
}

export type NestedArray = number | boolean | readonly NestedArray[];

function safeValues(t: Tensor): string {
  try {
    return JSON.stringify(t.toArray());
  } catch (error) {
    if (error instanceof TraceError) return '(traced)';
    throw error;
  }
}

/** A tensor whose elements exist, in some backend's memory. */
export class ConcreteTensor extends Tensor {
  /** Out of sight of JSON and of debuggers' listings: what hangs on it is the whole backend. */
  #held: Storage | undefined;

  /**
   * Makes the tensor again on another backend; present for constants (`full`, `iota`), which any backend can make for
   * itself. So `x + 1` and derivative rules work on a tensor whose backend is not the current one.
   */
  readonly remake: ((backend: Backend) => ConcreteTensor) | undefined;

  constructor(shape: Shape, dtype: DType, storage: Storage, remake?: (backend: Backend) => ConcreteTensor) {
    super(shape, dtype);
    this.#held = storage;
    this.remake = remake;
    trackInScope(this);
  }

  get storage(): Storage {
    if (this.#held === undefined) {
      throw new DisposedError(
        `this ${describe(this)} tensor was disposed; it was freed by dispose(), by 'using', or by the scope it was made in`,
      );
    }
    return this.#held;
  }

  get backend(): Backend {
    return this.storage.backend;
  }

  get isDisposed(): boolean {
    return this.#held === undefined;
  }

  dataSync(): TypedArray {
    return this.storage.backend.readSync(this.storage.handle, this);
  }

  data(): Promise<TypedArray> {
    return this.storage.backend.read(this.storage.handle, this);
  }

  dispose(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  /** As `dispose` for a tensor whose buffer holds another tensor's elements now. */
  surrender(): void {
    this.storage.surrender();
    this.#held = undefined;
  }

  /** Another tensor over the same memory. */
  alias(shape: Shape, dtype: DType = this.dtype): ConcreteTensor {
    if (sizeOf(shape) !== this.size)
      throw new ShapeError(`reshape: ${describe(this)} has not the size of ${formatShape(shape)}`);
    return new ConcreteTensor(shape, dtype, this.storage.retain());
  }
}
