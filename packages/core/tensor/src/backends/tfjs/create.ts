import type { DType, TypedArray } from '../../dtype.js';
import { dtypeOfTypedArray } from '../../dtype.js';
import { allPrimitives } from '../../primitives/primitive.js';
import type { Equation, Program } from '../../program/program.js';
import type { Aval } from '../../shape.js';
import type { Backend, BufferHandle, Executable } from '../backend.js';
import { createDevice, shaped } from './device.js';
import type { Device } from './device.js';
import { createHandles, noFloat64 } from './handles.js';
import { compileSteps } from './interpreter.js';
import type { Compute, Context } from './context.js';
import { computeOf } from './kernels.js';
import { loadEngine } from './load.js';
import type { ImportModule, TfjsOptions } from './load.js';
import { tfjs } from './running.js';
import type { TfjsTensor } from './types.js';

const dtypes: readonly DType[] = ['float32', 'int32', 'bool'];

/**
 * The backend contract on a tfjs engine.
 *
 * @throws BackendError where the engine's package, its binary or its device is missing, with what to run
 */
export async function createTfjsBackend(options: TfjsOptions = {}, load?: ImportModule): Promise<Backend> {
  const loaded = await loadEngine(options, load);
  const device = createDevice(loaded);
  const handles = createHandles(device);
  const programs = new WeakMap<Program, Compute>();
  const computes = new WeakMap<Equation, Compute>();

  const context: Context = {
    device,
    recorder: undefined,
    programFor(program) {
      let known = programs.get(program);
      if (known === undefined) {
        program.inputs.forEach(refuseFloat64);
        program.equations.forEach(({ outputs }) => outputs.forEach(refuseFloat64));
        programs.set(program, (known = compileSteps(program, context)));
      }
      return known;
    },
  };

  /** Buffers have no shape of their own: a reshape shares its source's. */
  const onShapes = (
    inputs: readonly BufferHandle[],
    avals: readonly Aval[],
    compute: Compute,
  ): BufferHandle[] => {
    const temporary: TfjsTensor[] = [];
    try {
      const values = inputs.map((handle, i) => {
        const tensor = handles.tensorOf(handle);
        const value = shaped(device, tensor, avals[i]!.shape);
        if (value !== tensor) temporary.push(value);
        return value;
      });
      return compute(values).map((value) => handles.give(value));
    } finally {
      temporary.forEach((value) => device.dispose(value));
    }
  };

  const backend: Backend = {
    name: 'tfjs',
    info: () => ({
      name: 'tfjs',
      dtypes,
      capabilities: [...dtypes, ...allPrimitives().map((primitive) => primitive.name)],
      description: describeEngine(device),
    }),
    upload(data: TypedArray) {
      const dtype = dtypeOfTypedArray(data)!;
      const aval = { shape: [data.length], dtype };
      refuseFloat64(aval);
      return handles.give(device.make(data, aval));
    },
    read: (handle, aval) => device.readLater(handles.tensorOf(handle), aval),
    readSync: (handle, aval) => device.read(handles.tensorOf(handle), aval),
    dispatch(equation, inputs) {
      // `x + 1` makes its 1 on the current backend, and again on x's if that is another one.
      if (inputs.length === 0 && equation.outputs.every(({ dtype }) => dtype === 'float64'))
        return equation.outputs.map(() => handles.refused());
      let compute = computes.get(equation);
      if (compute === undefined) {
        [...equation.inputs, ...equation.outputs].forEach(refuseFloat64);
        computes.set(equation, (compute = computeOf(equation, context)));
      }
      return onShapes(inputs, equation.inputs, compute);
    },
    compile(program): Executable {
      const compute = context.programFor(program);
      return { run: (inputs) => onShapes(inputs, program.inputs, compute) };
    },
    release: ({ token }) => handles.release(token),
    reclaim: (token) => handles.release(token),
    memory: () => device.memory(),
    setProfiler: (next) => void (context.recorder = next),
  };
  tfjs.note({ backend, device, handles });
  return backend;
}

function refuseFloat64({ dtype }: Aval): void {
  if (dtype === 'float64') throw noFloat64();
}

function describeEngine({ loaded: { core, engine, module, memory } }: Device): string {
  const version = core.version_core === undefined ? '' : ` ${core.version_core}`;
  const gpu = memory.isUsingGpuDevice === true ? ' on the GPU' : '';
  return `tfjs${version}, its ${engine} engine from ${module}${gpu}; what it lacks runs on the host`;
}
