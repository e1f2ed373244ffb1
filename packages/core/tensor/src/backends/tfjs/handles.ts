import { bytesPerElement } from '../../dtype.js';
import type { DType } from '../../dtype.js';
import { BackendError } from '../../errors.js';
import { sizeOf } from '../../shape.js';
import type { BufferHandle } from '../backend.js';
import type { Device } from './device.js';
import type { TfjsTensor } from './types.js';

/** The buffers that tensors hold: a number for each, which owns one tfjs tensor. */
export interface Handles {
  give(tensor: TfjsTensor): BufferHandle;
  /** A constant that this backend cannot hold. It may be made here when another backend's tensor meets a number. */
  refused(): BufferHandle;
  tensorOf(handle: BufferHandle): TfjsTensor;
  release(token: number): void;
}

export function noFloat64(): BackendError {
  return new BackendError(
    "tfjs: this backend has no float64, only float32, int32 and bool; use float32, or the CPU backend: await useBackend('cpu')",
  );
}

export function createHandles(device: Device): Handles {
  const tensors = new Map<number, TfjsTensor | undefined>();
  let next = 0;
  return {
    give(tensor) {
      tensors.set(++next, tensor);
      const bytes = sizeOf(tensor.shape) * bytesPerElement(tensor.dtype as DType);
      return { bytes, token: next };
    },
    refused() {
      tensors.set(++next, undefined);
      return { bytes: 0, token: next };
    },
    tensorOf({ token }) {
      const tensor = tensors.get(token);
      if (tensor === undefined && tensors.has(token)) throw noFloat64();
      if (tensor === undefined) throw new BackendError(`tfjs: buffer ${token} was released`);
      if (tensor.isDisposed)
        throw new BackendError(
          "tfjs: this tensor's tfjs tensor was disposed by somebody else (tf.disposeVariables, tf.engine().reset, removeBackend)",
        );
      return tensor;
    },
    release(token) {
      const tensor = tensors.get(token);
      tensors.delete(token);
      if (tensor !== undefined) device.dispose(tensor);
    },
  };
}
