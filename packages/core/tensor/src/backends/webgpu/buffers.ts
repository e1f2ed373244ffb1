import { type BackendError, MemoryError } from '../../errors.js';
import type { Gpu } from './gpu.js';
import { usage } from './gpu.js';

/** A piece of the device's memory. */
export interface GpuArray {
  readonly buffer: GPUBuffer;
  /** Tells buffers apart: no two ever have the same. */
  readonly id: number;
  /** As allocated: at least what was asked for. */
  readonly bytes: number;
  /** The device had no room for it: it must not be used again. */
  broken: boolean;
}

export interface Buffers {
  /** @throws MemoryError where no buffer can be that large */
  readonly take: (bytes: number) => GpuArray;
  readonly give: (array: GpuArray) => void;
  /** Bytes that wait for reuse. */
  readonly pooledBytes: () => number;
}

/**
 * Sizes come in classes, four to each power of two, so that a buffer fits the next array of about its size: at most a
 * fifth of it is lost.
 */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** (Math.ceil(Math.log2(bytes)) - 3);
  return Math.max(256, Math.ceil(bytes / step) * step);
}

/** What is left to the stream of commands. */
export interface Duties {
  /** An error that is found later, unless it is undefined: the next read waits for it, and throws it. */
  readonly expect: (error: Promise<Error | undefined>) => void;
  /** Destroys buffers once all commands that were asked for have been handed over. */
  readonly destroyLater: (arrays: readonly GpuArray[]) => void;
}

/** Buffers may wait for reuse up to this, or up to as many bytes as are in use. */
const leastPooled = 256 * 2 ** 20;

/**
 * The device's buffers. To make one takes tens of microseconds and the driver's attention, so those given back wait for
 * reuse. Commands run in the order in which they are given, so a buffer can be reused as soon as its owner lets go of it.
 */
export function createBuffers({ device, bufferBytes }: Gpu, duties: Duties): Buffers {
  const waiting = new Map<number, GpuArray[]>();
  let [used, pooled, next] = [0, 0, 0];

  const drain = (): void => {
    duties.destroyLater([...waiting.values()].flat());
    waiting.clear();
    pooled = 0;
  };

  const make = (bytes: number): GpuArray => {
    device.pushErrorScope('out-of-memory');
    const buffer = device.createBuffer({
      size: bytes,
      usage: usage.storage | usage.copySource | usage.copyTarget,
    });
    const array = { buffer, id: next++, bytes, broken: false };
    const before = used - bytes;
    duties.expect(
      device.popErrorScope().then((error) => {
        array.broken = error !== null;
        return error === null ? undefined : outOfMemory(bytes, before);
      }),
    );
    return array;
  };

  return {
    take(wanted) {
      const bytes = Math.min(sizeClass(wanted), Math.max(wanted, bufferBytes));
      if (bytes > bufferBytes)
        throw new MemoryError(
          `webgpu: ${wanted} bytes were asked for in one tensor, and the largest buffer of this device has ${bufferBytes}; ` +
            "compute in smaller parts, or on the CPU backend: await useBackend('cpu')",
        );
      used += bytes;
      for (;;) {
        const known = waiting.get(bytes)?.pop();
        if (known === undefined) return make(bytes);
        pooled -= bytes;
        if (!known.broken) return known;
      }
    },
    give(array) {
      const { bytes } = array;
      used -= bytes;
      pooled += bytes;
      const others = waiting.get(bytes);
      if (others === undefined) waiting.set(bytes, [array]);
      else others.push(array);
      if (pooled > Math.max(leastPooled, used)) drain();
    },
    pooledBytes: () => pooled,
  };
}

const outOfMemory = (bytes: number, used: number): BackendError =>
  new MemoryError(
    `webgpu: the device has no room for ${bytes} bytes beside the ${used} in use; dispose of tensors, or compute in smaller parts. ` +
      'Results computed since then are not valid',
  );
