/// <reference types="@webgpu/types" />
import type { Capabilities } from './kernel.js';

/** WebGPU's flags, which are no globals in Node. */
export const usage = { mapRead: 1, copySource: 4, copyTarget: 8, storage: 128 } as const;
export const mapRead = 1;
export const computeStage = 4;

/** A device with what it can do. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly adapter: GPUAdapterInfo;
  readonly capabilities: Capabilities;
  /** The largest buffer. */
  readonly bufferBytes: number;
}

const wantedFeatures = ['subgroups', 'shader-f16'] as const satisfies readonly GPUFeatureName[];

const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** A device with what the adapter has to give. (Workgroups stay at the 256 threads that every device has.) */
export async function requestGpu(adapter: GPUAdapter): Promise<Gpu> {
  const device = await adapter.requestDevice({
    requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(wantedLimits.map((limit) => [limit, adapter.limits[limit]])),
  });
  const { limits, features } = device;
  return {
    device,
    adapter: adapter.info,
    capabilities: {
      subgroups: features.has('subgroups'),
      f16: features.has('shader-f16'),
      bindingBytes: Math.floor(limits.maxStorageBufferBindingSize / 256) * 256,
      storageBindings: limits.maxStorageBuffersPerShaderStage,
      workgroupBytes: limits.maxComputeWorkgroupStorageSize,
      threads: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
    },
    bufferBytes: limits.maxBufferSize,
  };
}
