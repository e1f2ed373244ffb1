import { sizeClass } from './buffers.js';
import type { GpuArray } from './buffers.js';
import type { Encoder } from './encoder.js';
import type { Gpu } from './gpu.js';
import { mapRead, usage } from './gpu.js';
import type { Pipelines } from './pipelines.js';

export interface Reader {
  read(array: GpuArray, bytes: number): Promise<Reading>;
}

export interface Reading {
  readonly data: ArrayBuffer;
  /** What a shader raised before. Where the device refused commands, it means nothing. */
  readonly fault: Error | undefined;
}

/** Buffers kept for reading; large ones are made as they are needed. */
const mostKept = 8;
const largestKept = 2 ** 20;
const faultBytes = 16;

/** Copies arrays out through buffers that the host can see. */
export function createReader({ device }: Gpu, encoder: Encoder, pipelines: Pipelines): Reader {
  const kept: GPUBuffer[] = [];

  const take = (bytes: number): GPUBuffer => {
    const at = kept.findIndex(({ size }) => size >= bytes);
    if (at >= 0) return kept.splice(at, 1)[0]!;
    return device.createBuffer({ size: sizeClass(bytes), usage: usage.mapRead | usage.copyTarget });
  };
  const give = (buffer: GPUBuffer): void => {
    buffer.unmap();
    if (kept.length < mostKept && buffer.size <= largestKept) kept.push(buffer);
    else buffer.destroy();
  };

  return {
    async read(array, bytes) {
      const words = Math.max(4, Math.ceil(bytes / 4) * 4);
      const checks = encoder.mayHaveFault();
      const staging = take(words + faultBytes);
      encoder.copyOut(array, staging, words);
      if (checks) encoder.takeFault(staging, words);
      encoder.flush();
      await staging.mapAsync(mapRead, 0, words + faultBytes);
      const mapped = staging.getMappedRange(0, words + faultBytes);
      const data = mapped.slice(0, bytes);
      const [set, shader, place, value] = new Int32Array(mapped.slice(words));
      give(staging);
      const fault = checks && set !== 0 ? pipelines.faultsOf(shader!)[place!] : undefined;
      return { data, fault: fault?.(value!, (set! >>> 0) - 1) };
    },
  };
}
