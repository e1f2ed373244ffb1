import { BackendError } from '../../errors.js';
import type { Duties } from './buffers.js';
import type { Gpu } from './gpu.js';
import { computeStage } from './gpu.js';
import type { Fault, Pass } from './kernel.js';

/** A shader that the device can run. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

export interface Pipelines {
  of(pass: Pass): Pipeline;
  /** The faults of the shader with this number. */
  faultsOf(shader: number): readonly Fault[];
}

/** Shaders by their text, each compiled once. What fails to compile is an error of the next read, with the line. */
export function createPipelines({ device }: Gpu, { expect }: Duties): Pipelines {
  const known = new Map<string, Pipeline>();
  const layouts = new Map<string, { layout: GPUBindGroupLayout; whole: GPUPipelineLayout }>();
  const faults: (readonly Fault[])[] = [[]];

  const layoutOf = ({ bindings, faults: raised }: Pass) => {
    const writable = [...bindings.map((binding) => binding.writable), ...(raised.length > 0 ? [true] : [])];
    const key = writable.map(Number).join('');
    let found = layouts.get(key);
    if (found === undefined) {
      const layout = device.createBindGroupLayout({
        entries: writable.map((write, binding) => ({
          binding,
          visibility: computeStage,
          buffer: { type: write ? 'storage' : 'read-only-storage' },
        })),
      });
      found = { layout, whole: device.createPipelineLayout({ bindGroupLayouts: [layout] }) };
      layouts.set(key, found);
    }
    return found;
  };

  const compile = (pass: Pass): Pipeline => {
    const { label, wgsl } = pass;
    const { layout, whole } = layoutOf(pass);
    const constants: Record<string, number> = {};
    if (pass.faults.length > 0) constants['fault_shader'] = faults.push(pass.faults) - 1;
    device.pushErrorScope('validation');
    device.pushErrorScope('internal');
    const module = device.createShaderModule({ label, code: wgsl });
    const pipeline = device.createComputePipeline({
      label,
      layout: whole,
      compute: { module, entryPoint: 'main', constants },
    });
    const scopes = [device.popErrorScope(), device.popErrorScope()];
    expect(
      Promise.all([Promise.all(scopes), module.getCompilationInfo()]).then(([errors, info]) => {
        const error = errors.find((each) => each !== null);
        return error ? compileError(label, wgsl, error.message, info) : undefined;
      }),
    );
    return { pipeline, layout };
  };

  return {
    of(pass) {
      let found = known.get(pass.wgsl);
      if (found === undefined) known.set(pass.wgsl, (found = compile(pass)));
      return found;
    },
    faultsOf: (shader) => faults[shader] ?? [],
  };
}

/** The message with the op, and the line of WGSL where the compiler names one. */
export function compileError(
  label: string,
  wgsl: string,
  message: string,
  { messages }: GPUCompilationInfo,
): BackendError {
  const first = messages.find(({ type }) => type === 'error');
  if (first === undefined || first.lineNum === 0)
    return new BackendError(`webgpu: the shader of ${label} does not compile: ${message}`);
  const line = wgsl.split('\n')[first.lineNum - 1] ?? '';
  return new BackendError(
    `webgpu: the shader of ${label} does not compile: line ${first.lineNum}, column ${first.linePos}: ${first.message}\n  ${line.trim()}`,
  );
}
