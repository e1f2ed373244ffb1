import { dtypes } from '../../dtype.js';
import type { TypedArray } from '../../dtype.js';
import { allPrimitives, lookupPrimitive } from '../../primitives/primitive.js';
import type { HostArray, Kernel, RunProgram } from '../../primitives/primitive.js';
import type { PrimitiveName } from '../../primitives/parameters.js';
import { inlineCalls } from '../../program/inline.js';
import type { Equation, Program, Variable } from '../../program/program.js';
import { simplify } from '../../program/simplify.js';
import type { Aval } from '../../shape.js';
import type { Backend, BufferHandle, Executable, KernelRecorder } from '../backend.js';
import { compileHost } from './executable.js';
import type { HostExecutable } from './executable.js';
import { HostMemory, view } from './memory.js';
import type { HostBuffer } from './memory.js';

/** The plain backend that others are compared with: typed arrays and the primitives' reference kernels, on one thread. */
export function createReferenceBackend(): Backend {
  const memory = new HostMemory();
  const compiled = new WeakMap<Program, HostExecutable>();
  let arenaBytes = 0;
  const arenas = new FinalizationRegistry<number>((bytes) => (arenaBytes -= bytes));
  let record: KernelRecorder | undefined;

  const kernelOf = (name: PrimitiveName): Kernel<PrimitiveName> => lookupPrimitive(name).kernel;

  const runKernel = (
    name: string,
    kernel: Kernel<PrimitiveName>,
    params: Equation['params'],
    inputs: readonly HostArray[],
    outputs: readonly HostArray[],
    run: RunProgram,
  ): void => {
    if (record === undefined || carriesProgram.has(name)) {
      kernel(inputs, outputs, params, run);
      return;
    }
    const start = performance.now();
    kernel(inputs, outputs, params, run);
    const bytes = [...inputs, ...outputs].reduce((total, x) => total + x.data.byteLength, 0);
    record(name, performance.now() - start, bytes, 0);
  };

  const executableOf = (program: Program): HostExecutable => {
    let executable = compiled.get(program);
    if (executable === undefined) {
      executable = compileHost(simplify(inlineCalls(program)), kernelOf, runKernel, run);
      compiled.set(program, executable);
      arenaBytes += executable.bytes;
      arenas.register(executable, executable.bytes);
    }
    return executable;
  };
  const run: RunProgram = (program, inputs, outputs) => executableOf(program).execute(inputs, outputs);

  const host = (handle: BufferHandle, aval: Aval): HostArray => ({
    shape: aval.shape,
    dtype: aval.dtype,
    data: view(handle as HostBuffer, aval),
  });

  return {
    name: 'reference',
    info: () => ({
      name: 'reference',
      dtypes,
      capabilities: [...dtypes, ...allPrimitives().map((primitive) => primitive.name)],
      description: 'typed arrays on one thread; decompositions by ml-matrix',
    }),
    upload(data: TypedArray): BufferHandle {
      const handle = memory.takeBytes(data.byteLength);
      new Uint8Array(handle.buffer, 0, data.byteLength).set(
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      );
      return handle;
    },
    read: (handle, aval) => Promise.resolve(view(handle as HostBuffer, aval).slice()),
    readSync: (handle, aval) => view(handle as HostBuffer, aval).slice(),
    dispatch(equation, inputs) {
      const handles = equation.outputs.map((output) => memory.take(output));
      runKernel(
        equation.primitive,
        kernelOf(equation.primitive),
        equation.params,
        inputs.map((handle, i) => host(handle, equation.inputs[i]!)),
        handles.map((handle, i) => host(handle, equation.outputs[i]!)),
        run,
      );
      return handles;
    },
    compile(program): Executable {
      const executable = executableOf(program);
      return {
        run(inputs) {
          const handles = program.outputs.map((output: Variable) => memory.take(output));
          executable.execute(
            inputs.map((handle, i) => host(handle, program.inputs[i]!)),
            handles.map((handle, i) => host(handle, program.outputs[i]!)),
          );
          return handles;
        },
      };
    },
    release: (handle) => memory.release(handle as HostBuffer),
    reclaim: (token) => memory.reclaim(token),
    memory: () => {
      const report = memory.report();
      return { ...report, pooledBytes: report.pooledBytes + arenaBytes };
    },
    setProfiler: (next) => (record = next),
  };
}

/** Their time is that of the kernels inside them. */
const carriesProgram = new Set<string>([
  'jit',
  'scan',
  'cond',
  'checkpoint',
  'customVjp',
] satisfies PrimitiveName[]);
