import { dtypes } from '../../dtype.js';
import { allPrimitives } from '../../primitives/primitive.js';
import type { Equation, Program } from '../../program/program.js';
import { operationsOf } from '../../program/operations.js';
import type { Aval } from '../../shape.js';
import { formatShape, sizeOf } from '../../shape.js';
import type { Backend, BufferHandle, Executable } from '../backend.js';
import { describeBlas } from './blas/describe.js';
import { lapackKernels } from './blas/lapack.js';
import type { Context, HeapProgram } from './context.js';
import { bytesOf, makeKernel, timed } from './context.js';
import { controlKernels } from './control.js';
import { createEngine } from './create.js';
import type { EngineOptions } from './create.js';
import type { Engine } from './engine.js';
import { createHandles } from './handles.js';
import type { HeapBuffer } from './handles.js';
import type { HeapKernel } from './kernel.js';
import { kernels } from './kernels/index.js';
import { compileProgram } from './program.js';

/** Prepared kernels kept for eager operations. */
const mostKernels = 4096;

/** An eager operation made ready: its kernel, and the bytes of each output. */
interface Dispatch {
  readonly kernel: HeapKernel;
  readonly bytes: readonly number[];
}

/** The CPU backend: tensors on one WebAssembly heap, compiled kernels, BLAS where there is one. */
export function createCpuBackend(options: EngineOptions = {}): Backend {
  const engine = createEngine(options);
  const { heap } = engine;
  const handles = createHandles(heap);
  const programs = new WeakMap<Program, HeapProgram>();
  const prepared = new Map<string, HeapKernel>();
  /** By the equations of eager operations, which are the same objects for the same problems. */
  const dispatched = new WeakMap<Equation<Aval>, Dispatch>();

  const kernelFor = (equation: Equation<Aval>): HeapKernel => {
    // What carries a program is known by the program's identity, which is no part of a text.
    if (controlKernels[equation.primitive] !== undefined) return makeKernel(equation, context);
    const key = keyOf(equation);
    let kernel = prepared.get(key);
    if (kernel === undefined) {
      if (prepared.size >= mostKernels) prepared.clear();
      prepared.set(key, (kernel = makeKernel(equation, context)));
    }
    return kernel;
  };
  const context: Context = {
    engine,
    kernels: engine.blas === undefined ? kernels : { ...kernels, ...lapackKernels(engine.blas, engine) },
    kernelFor,
    programFor(program) {
      let compiled = programs.get(program);
      if (compiled === undefined) programs.set(program, (compiled = compileProgram(program, context)));
      return compiled;
    },
    recorder: undefined,
  };
  const read = (handle: BufferHandle, { shape, dtype }: Aval) =>
    heap.view(dtype, (handle as HeapBuffer).address, sizeOf(shape)).slice();
  const addressesOf = (list: readonly BufferHandle[]): number[] =>
    list.map((handle) => (handle as HeapBuffer).address);

  return {
    name: 'cpu',
    info: () => ({
      name: 'cpu',
      dtypes,
      capabilities: [...dtypes, ...allPrimitives().map((primitive) => primitive.name)],
      description: describeEngine(engine),
      threads: engine.threads,
      blas: describeBlas(engine.blas),
    }),
    upload(data) {
      const handle = handles.take(data.byteLength);
      heap
        .view('bool', handle.address, data.byteLength)
        .set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return handle;
    },
    read: (handle, aval) => Promise.resolve(read(handle, aval)),
    readSync: read,
    dispatch(equation, inputs) {
      let known = dispatched.get(equation);
      if (known === undefined) {
        known = { kernel: kernelFor(equation), bytes: equation.outputs.map((aval) => bytesOf([aval])) };
        dispatched.set(equation, known);
      }
      const { kernel, bytes } = known;
      const addresses: number[] = [];
      for (let i = 0; i < inputs.length; i++) addresses.push((inputs[i] as HeapBuffer).address);
      const outputs: HeapBuffer[] = [];
      try {
        for (let i = 0; i < bytes.length; i++) {
          const handle = handles.take(bytes[i]!);
          outputs.push(handle);
          addresses.push(handle.address);
        }
        if (context.recorder === undefined || controlKernels[equation.primitive] !== undefined)
          kernel(addresses);
        else {
          const moved = bytesOf([...equation.inputs, ...equation.outputs]);
          timed(context, equation.primitive, kernel, addresses, moved, operationsOf(equation));
        }
      } catch (error) {
        outputs.forEach(handles.give);
        throw error;
      }
      return outputs;
    },
    compile(program): Executable {
      // The object is held, and not its function alone: its memory goes with it.
      const compiled = context.programFor(program);
      const bytes = program.outputs.map((output) => bytesOf([output]));
      return {
        run(inputs, donated) {
          const made: HeapBuffer[] = [];
          const outputs: HeapBuffer[] = [];
          try {
            for (let i = 0; i < bytes.length; i++) {
              const below = donated === undefined ? undefined : compiled.over.get(i);
              const given = below !== undefined && donated![below];
              const handle = given ? (inputs[below] as HeapBuffer) : handles.take(bytes[i]!);
              if (!given) made.push(handle);
              outputs.push(handle);
            }
            compiled.run(addressesOf(inputs), addressesOf(outputs));
          } catch (error) {
            made.forEach(handles.give);
            throw error;
          }
          return outputs;
        },
      };
    },
    release: (handle) => handles.give(handle as HeapBuffer),
    reclaim: handles.reclaim,
    memory: handles.memory,
    allocations: () => heap.allocations?.(),
    setProfiler: (recorder) => (context.recorder = recorder),
  };
}

function describeEngine({ threads, relaxed, blas }: Engine): string {
  const simd = `WebAssembly SIMD${relaxed ? ' with fused multiply-add' : ''}`;
  const count = threads === 1 ? 'one thread' : `${threads} threads`;
  const found = describeBlas(blas);
  const linear =
    'name' in found
      ? `matrix products and decompositions by ${found.name}`
      : `matrix products in WebAssembly, decompositions by ml-matrix (no BLAS: ${found.missing})`;
  return `${simd} on ${count}; ${linear}`;
}

/** Equal keys mean equal kernels. Outputs count: in a program an operand may be read without its broadcast. */
function keyOf({ primitive, inputs, outputs, params }: Equation<Aval>): string {
  let key: string = primitive;
  for (const { dtype, shape } of inputs) key += ` ${dtype}${formatShape(shape)}`;
  for (const { shape } of outputs) key += ` ${formatShape(shape)}`;
  for (const name in params) {
    const value: unknown = params[name as keyof typeof params];
    key += Object.is(value, -0)
      ? ' -0'
      : typeof value === 'number'
        ? ` ${value}`
        : ` ${JSON.stringify(value)}`;
  }
  return key;
}
