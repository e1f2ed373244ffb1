import { BackendError } from '../../errors.js';
import type { BackendMemory, BufferHandle } from '../backend.js';
import type { GpuArray } from './buffers.js';
import type { Stream } from './stream.js';

/** The buffers that tensors hold: a number for each. */
export interface Handles {
  /** An array of the device that belongs to a tensor from now on. */
  readonly own: (array: GpuArray, bytes: number) => BufferHandle;
  /** Another tensor's hold on an array that stays: its bytes belong to nobody. */
  readonly share: (array: GpuArray) => BufferHandle;
  /** A constant that this backend cannot hold. It may be made here when another backend's tensor meets a number. */
  readonly refused: () => BufferHandle;
  readonly arrayOf: (handle: BufferHandle) => GpuArray;
  readonly release: (token: number) => void;
  readonly memory: () => BackendMemory;
}

export function noFloat64(): BackendError {
  return new BackendError(
    "webgpu: this backend has no float64, only float32, int32 and bool; use float32, or the CPU backend: await useBackend('cpu')",
  );
}

interface Held {
  readonly array: GpuArray | undefined;
  readonly bytes: number;
  readonly shared: boolean;
}

export function createHandles({ buffers, give }: Pick<Stream, 'buffers' | 'give'>): Handles {
  const held = new Map<number, Held>();
  let [next, bytes, peak] = [0, 0, 0];

  const hold = (array: GpuArray | undefined, size: number, shared: boolean): BufferHandle => {
    held.set(++next, { array, bytes: size, shared });
    bytes += size;
    peak = Math.max(peak, bytes);
    return { bytes: size, token: next };
  };
  return {
    own: (array, size) => hold(array, size, false),
    share: (array) => hold(array, 0, true),
    refused: () => hold(undefined, 0, true),
    arrayOf({ token }) {
      const known = held.get(token);
      if (known === undefined) throw new BackendError(`webgpu: buffer ${token} was released`);
      if (known.array === undefined) throw noFloat64();
      return known.array;
    },
    release(token) {
      const known = held.get(token);
      if (known === undefined) return;
      held.delete(token);
      bytes -= known.bytes;
      if (!known.shared) give(known.array!);
    },
    memory: () => ({ bytes, peakBytes: peak, pooledBytes: buffers.pooledBytes() }),
  };
}
