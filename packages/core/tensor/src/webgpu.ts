/*
 * `@core/tensor/webgpu`: the backend on the GPU through WebGPU. `useBackend('webgpu')` starts it; this entry has what those
 * need who use WebGPU itself beside it.
 */
// The primitives and methods are there whichever entry is loaded first.
import './index.js';

export { fromGpuBuffer, toGpuBuffer, webgpuDevice } from './backends/webgpu/interop.js';
export type { WebGpuOptions } from './backends/webgpu/load.js';
