import { createCpuBackend } from './backends/cpu/index.js';
import { registerBackend, startDefault } from './backends/select.js';
import { primitives } from './primitives/index.js';
import { registerPrimitives } from './primitives/primitive.js';

registerPrimitives(primitives);
startDefault(createCpuBackend());
// Loaded when they are asked for: their packages are optional, and most never need them.
registerBackend('tfjs', async (options) =>
  (await import('./backends/tfjs/create.js')).createTfjsBackend(options),
);
registerBackend('webgpu', async (options) =>
  (await import('./backends/webgpu/create.js')).createWebGpuBackend(options),
);

export { Tensor } from './methods.js';
export type { NestedArray } from './tensor.js';
export type { DType, TypedArray, TypedArrays } from './dtype.js';
export { bytesPerElement, dtypes, isFloat, promote } from './dtype.js';
export type { Aval, Shape } from './shape.js';
export * from './errors.js';

export { tensor } from './ops/convert.js';
export type { Nested, TensorLike, TensorOptions } from './ops/convert.js';
export * from './ops/creation.js';
export * from './ops/elementwise.js';
export * from './ops/activations.js';
export * from './ops/reductions.js';
export * from './ops/layout.js';
export * from './ops/indexing.js';
export * from './ops/matmul.js';
export * from './ops/einsum.js';
export * from './ops/conv.js';
export * from './ops/pool.js';
export { to } from './ops/transfer.js';
export { linalg } from './linalg.js';
export { random } from './random.js';

export * as tree from './tree.js';
export type { Tree, TreeDefinition } from './tree.js';

export { grad, valueAndGrad, vjp } from './transforms/grad.js';
export type { GradOptions } from './transforms/grad.js';
export { jvp } from './transforms/jvp.js';
export { linearize } from './transforms/linearize.js';
export { hessian, hvp, jacfwd, jacrev } from './transforms/jacobian.js';
export type { Jacobian } from './transforms/jacobian.js';
export { vmap } from './transforms/vmap.js';
export type { Axes, VmapOptions } from './transforms/vmap.js';
export { jit } from './transforms/jit.js';
export type { Jitted } from './transforms/jit.js';
export { fused } from './transforms/fused.js';
export { customVjp } from './transforms/customVjp.js';
export { checkpoint } from './transforms/checkpoint.js';
export { closureConvert } from './transforms/closureConvert.js';
export { cond, scan } from './transforms/control.js';
export type { ScanOptions } from './transforms/control.js';

export { backendInfo, registerBackend, useBackend } from './backends/select.js';
export type {
  AllocationGroup,
  Backend,
  BackendInfo,
  BackendMemory,
  BlasDescription,
  BufferHandle,
  Executable,
  KernelRecorder,
  KernelTiming,
  PassedOver,
} from './backends/backend.js';
export { leakReport, memory, scope } from './memory.js';
export type { MemoryInfo } from './memory.js';
export { profile } from './profile.js';
export type { Profile } from './profile.js';
