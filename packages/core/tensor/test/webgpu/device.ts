import { allocate } from '../../src/dtype.js';
import type { DType, TypedArray } from '../../src/dtype.js';
import type { GpuArray } from '../../src/backends/webgpu/buffers.js';
import { requestGpu } from '../../src/backends/webgpu/gpu.js';
import type { Capabilities, Kernel } from '../../src/backends/webgpu/kernel.js';
import { requestAdapter } from '../../src/backends/webgpu/load.js';
import type { ImportModule } from '../../src/backends/webgpu/load.js';
import { createStream } from '../../src/backends/webgpu/stream.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { useSwiftShader } from './swiftShader.js';

/**
 * The package that brings WebGPU, asked not to clear workgroup memory: SwiftShader compiles that to an instruction for each
 * element, which takes seconds for a shader that has some KiB of it. No kernel relies on zeros there.
 */
const loadPackage: ImportModule = async (name) => {
  const dawn = (await import(name)) as { create(options: string[]): GPU };
  return {
    create: (options: string[]) => dawn.create([...options, 'enable-dawn-features=disable_workgroup_init']),
  };
};

/** A device for kernels alone, without a backend around it. */
export async function startStream(changed: Partial<Capabilities> = {}): Promise<Stream> {
  useSwiftShader();
  const gpu = await requestGpu(await requestAdapter({}, loadPackage));
  return createStream({ ...gpu, capabilities: { ...gpu.capabilities, ...changed } });
}

function uploaded(stream: Stream, data: TypedArray): GpuArray {
  const words = data instanceof Uint8Array ? Int32Array.from(data) : data;
  const array = stream.buffers.take(words.byteLength);
  stream.enqueue((encoder) => {
    encoder.write(array, new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
  });
  return array;
}

/** Runs a kernel once and gives its outputs, whose dtypes and sizes are given. */
export async function runKernel(
  stream: Stream,
  kernel: Kernel,
  inputs: readonly TypedArray[],
  outputs: readonly { readonly dtype: DType; readonly elements: number }[],
): Promise<TypedArray[]> {
  const from = inputs.map((data) => uploaded(stream, data));
  const to = outputs.map(({ elements }) => stream.buffers.take(elements * 4));
  stream.enqueue((encoder) => {
    encoder.run(kernel, [...from, ...to]);
  });
  const results: TypedArray[] = [];
  for (const [i, { dtype, elements }] of outputs.entries()) {
    const bytes = await stream.read(to[i]!, elements * 4);
    const words = dtype === 'float32' ? new Float32Array(bytes) : new Int32Array(bytes);
    const data = allocate(dtype, elements);
    data.set(words);
    results.push(data);
  }
  [...from, ...to].forEach(stream.buffers.give);
  return results;
}
