import type { DType, TypedArray } from '../../dtype.js';
import { allPrimitives } from '../../primitives/primitive.js';
import type { PrimitiveName } from '../../primitives/parameters.js';
import type { Equation, Program } from '../../program/program.js';
import type { Aval } from '../../shape.js';
import { sizeOf } from '../../shape.js';
import type { Backend, BufferHandle, Executable } from '../backend.js';
import { backendNamed } from '../select.js';
import { say } from '../announce.js';
import type { GpuArray } from './buffers.js';
import type { Arrays, Compute, Context } from './compute.js';
import { schedule } from './compute.js';
import { controlOf } from './control.js';
import { deviceBytes, fromDevice, refuseFloat64, toDevice } from './elements.js';
import { requestGpu } from './gpu.js';
import type { Gpu } from './gpu.js';
import { createHandles } from './handles.js';
import { noSynchronousRead } from './messages.js';
import { computeOf } from './equation.js';
import { requestAdapter } from './load.js';
import type { WebGpuOptions } from './load.js';
import { compileProgram } from './program.js';
import { webgpu } from './running.js';
import { createStream } from './stream.js';

const dtypes: readonly DType[] = ['float32', 'int32', 'bool'];
/** Eager operations that are handed over at once. More would let the device wait for its first. */
const mostPending = 64;

/**
 * The backend contract on WebGPU.
 *
 * @throws BackendError where the package, its binary, the driver or the adapter is missing, with what to run
 */
export async function createWebGpuBackend(options: WebGpuOptions = {}): Promise<Backend> {
  const gpu = withLimits(await requestGpu(await requestAdapter(options)), options);
  const stream = createStream(gpu);
  const { buffers } = stream;
  const handles = createHandles(stream);
  const programs = new WeakMap<Program, Compute>();
  const computes = new WeakMap<Equation, Compute>();
  const scalars = new WeakMap<Equation, GpuArray>();
  const announced = new Set<PrimitiveName>();

  const context: Context = {
    stream,
    capabilities: gpu.capabilities,
    halves: options.intermediates === 'float16',
    cpu: await backendNamed('cpu'),
    recorder: undefined,
    programFor(program) {
      let known = programs.get(program);
      if (known === undefined) programs.set(program, (known = compileProgram(program, context)));
      return known;
    },
    announce(primitive, reason) {
      if (announced.has(primitive)) return;
      announced.add(primitive);
      say(`webgpu: ${primitive} is computed on the host, not by the GPU: ${reason}`);
    },
  };

  /** Runs a computation into arrays of its own. */
  const run = (compute: Compute, inputs: Arrays, outputs: readonly Aval[], most: number): BufferHandle[] => {
    stream.check();
    const arrays: GpuArray[] = [];
    try {
      for (const output of outputs) arrays.push(buffers.take(deviceBytes(output)));
      schedule(context, compute, inputs, arrays, most);
    } catch (error) {
      arrays.forEach(stream.give);
      throw error;
    }
    return arrays.map((array, i) => handles.own(array, deviceBytes(outputs[i]!)));
  };
  const uploaded = (data: TypedArray): GpuArray => {
    const bytes = toDevice(data);
    const array = buffers.take(bytes.byteLength);
    // A later task would see what the caller has made of the elements by then.
    const kept = bytes.slice();
    stream.enqueue((encoder) => {
      encoder.write(array, kept);
    });
    return array;
  };
  /** Numbers come again and again: each is kept, with the equation that asks for it. */
  const scalarOf = (equation: Equation<Aval> & { primitive: 'full' }): GpuArray => {
    let array = scalars.get(equation);
    if (array === undefined) {
      const { dtype, value } = equation.params;
      const data = dtype === 'float32' ? Float32Array.of(value) : dtype === 'int32' ? Int32Array.of(value) : Uint8Array.of(value); // prettier-ignore
      scalars.set(equation, (array = uploaded(data)));
    }
    return array;
  };

  const backend: Backend = {
    name: 'webgpu',
    info: () => ({
      name: 'webgpu',
      dtypes,
      capabilities: [...dtypes, ...allPrimitives().map((primitive) => primitive.name)],
      description: describeGpu(gpu),
    }),
    upload(data) {
      stream.check();
      return handles.own(uploaded(data), data.length * 4);
    },
    async read(handle, aval) {
      stream.check();
      return fromDevice(await stream.read(handles.arrayOf(handle), deviceBytes(aval)), aval);
    },
    readSync(handle) {
      handles.arrayOf(handle);
      throw noSynchronousRead();
    },
    dispatch(equation, inputs) {
      // `x + 1` makes its 1 on the current backend, and again on x's if that is another one.
      if (inputs.length === 0 && equation.outputs.every(({ dtype }) => dtype === 'float64'))
        return equation.outputs.map(() => handles.refused());
      if (equation.primitive === 'full' && sizeOf(equation.params.shape) === 1) {
        stream.check();
        return [handles.share(scalarOf(equation))];
      }
      let compute = computes.get(equation);
      if (compute === undefined) {
        [...equation.inputs, ...equation.outputs].forEach(refuseFloat64);
        computes.set(
          equation,
          (compute = controlOf(equation, context) ?? computeOf(equation, context, gpu.capabilities)),
        );
      }
      return run(compute, inputs.map(handles.arrayOf), equation.outputs, mostPending);
    },
    compile(program): Executable {
      const compute = context.programFor(program);
      return {
        run: (inputs) => run(compute, inputs.map(handles.arrayOf), program.outputs, 0),
      };
    },
    release: ({ token }) => {
      handles.release(token);
    },
    reclaim: (token) => {
      handles.release(token);
    },
    memory: () => handles.memory(),
    isLost: () => stream.isLost(),
    setProfiler: (next) => void (context.recorder = next),
  };
  webgpu.note({ backend, stream, handles });
  return backend;
}

function withLimits(gpu: Gpu, { bindingBytes }: WebGpuOptions): Gpu {
  if (bindingBytes === undefined) return gpu;
  const least = Math.min(bindingBytes, gpu.capabilities.bindingBytes);
  return { ...gpu, capabilities: { ...gpu.capabilities, bindingBytes: least } };
}

function describeGpu({ adapter, capabilities }: Gpu): string {
  const { vendor, architecture, description, device } = adapter;
  const name = [vendor, architecture, device].filter((part) => part !== '').join(' ');
  const extras = [
    description,
    capabilities.subgroups ? 'subgroups' : '',
    capabilities.f16 ? 'f16' : '',
  ].filter((extra) => extra !== '');
  return `${name === '' ? 'a GPU' : name} through WebGPU${extras.length > 0 ? ` (${extras.join(', ')})` : ''}; decompositions run on the host`;
}
