import { allocate, bytesPerElement } from '../../dtype.js';
import type { TypedArray } from '../../dtype.js';
import type { Aval } from '../../shape.js';
import { BackendError } from '../../errors.js';
import { sizeOf } from '../../shape.js';
import type { BackendMemory, BufferHandle } from '../backend.js';

/** A buffer on the JS heap. The elements' type belongs to who uses it: one buffer serves any dtype. */
export interface HostBuffer extends BufferHandle {
  readonly buffer: ArrayBuffer;
}

/** Buffers this large or larger are left to the garbage collector instead of being kept for reuse. */
const largestPooled = 64 * 2 ** 20;
const poolLimit = 128 * 2 ** 20;

/**
 * Buffers by size, with released ones kept for reuse: a training step asks for the same sizes again and again, and a
 * fresh ArrayBuffer must be zeroed by the engine and collected later.
 */
export class HostMemory {
  private bytes = 0;
  private peak = 0;
  private pooled = 0;
  private readonly free = new Map<number, ArrayBuffer[]>();

  /** Contents are undefined. */
  take(aval: Aval): HostBuffer {
    return this.takeBytes(sizeOf(aval.shape) * bytesPerElement(aval.dtype));
  }

  takeBytes(exact: number): HostBuffer {
    const size = Math.ceil(exact / 8) * 8;
    const known = this.free.get(size)?.pop();
    if (known !== undefined) this.pooled -= size;
    const buffer = known ?? newBuffer(size);
    this.bytes += size;
    this.peak = Math.max(this.peak, this.bytes);
    return { bytes: size, token: size, buffer };
  }

  release({ buffer, bytes }: HostBuffer): void {
    this.reclaim(bytes);
    if (bytes === 0 || bytes >= largestPooled || this.pooled + bytes > poolLimit) return;
    const list = this.free.get(bytes);
    if (list === undefined) this.free.set(bytes, [buffer]);
    else list.push(buffer);
    this.pooled += bytes;
  }

  /** The collector took a buffer; only the count is left to mend. */
  reclaim(bytes: number): void {
    this.bytes -= bytes;
  }

  report(): BackendMemory {
    return { bytes: this.bytes, peakBytes: this.peak, pooledBytes: this.pooled };
  }
}

/** @throws BackendError where the engine has no room for it */
export function newBuffer(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (error) {
    throw new BackendError(
      `cpu: a tensor of ${bytes} bytes was asked for, more than the JS engine can give; make it in parts, or use a smaller dtype`,
      { cause: error },
    );
  }
}

export function view(handle: HostBuffer, aval: Aval): TypedArray {
  return allocate(aval.dtype, sizeOf(aval.shape), handle.buffer);
}
