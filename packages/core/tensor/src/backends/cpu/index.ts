import { dtypes } from '../../dtype.js';
import { allPrimitives } from '../../primitives/primitive.js';
import type { Equation, Program } from '../../program/program.js';
import { operationsOf } from '../../program/operations.js';
import type { Aval } from '../../shape.js';
import { formatShape, sameShape, sizeOf } from '../../shape.js';
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

/** The CPU backend: tensors on one WebAssembly heap, compiled kernels, BLAS where there is one. */
export function createCpuBackend(options: EngineOptions = {}): Backend {
  const engine = createEngine(options);
  const { heap } = engine;
  const handles = createHandles(heap);
  const programs = new WeakMap<Program, HeapProgram>();
  const prepared = new Map<string, HeapKernel>();

  const recent = new Map<string, { readonly equation: Equation<Aval>; readonly kernel: HeapKernel }>();
  const kernelFor = (equation: Equation<Aval>): HeapKernel => {
    // What carries a program is known by the program's identity, which is no part of a text.
    if (controlKernels[equation.primitive] !== undefined) return makeKernel(equation, context);
    const last = recent.get(equation.primitive);
    if (last !== undefined && isSameProblem(last.equation, equation)) return last.kernel;
    const key = keyOf(equation);
    let kernel = prepared.get(key);
    if (kernel === undefined) {
      if (prepared.size >= mostKernels) prepared.clear();
      prepared.set(key, (kernel = makeKernel(equation, context)));
    }
    const { primitive, params } = equation;
    const avals = (list: readonly Aval[]): Aval[] => list.map(({ shape, dtype }) => ({ shape, dtype }));
    // Without the tensors, which it would keep alive.
    const shapes = { primitive, params, inputs: avals(equation.inputs), outputs: avals(equation.outputs) };
    recent.set(primitive, { equation: shapes as unknown as Equation<Aval>, kernel });
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
  const freeing = <R>(made: readonly HeapBuffer[], body: () => R): R => {
    try {
      return body();
    } catch (error) {
      made.forEach(handles.give);
      throw error;
    }
  };

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
      const kernel = kernelFor(equation);
      const outputs = equation.outputs.map(handles.takeFor);
      return freeing(outputs, () => {
        const addresses = addressesOf([...inputs, ...outputs]);
        if (context.recorder === undefined || controlKernels[equation.primitive] !== undefined)
          kernel(addresses);
        else
          timed(
            context,
            equation.primitive,
            kernel,
            addresses,
            bytesOf([...equation.inputs, ...equation.outputs]),
            operationsOf(equation),
          );
        return outputs;
      });
    },
    compile(program): Executable {
      const { run, over } = context.programFor(program);
      return {
        run(inputs, donated) {
          const made: HeapBuffer[] = [];
          const outputs = program.outputs.map((output, i) => {
            const below = donated === undefined ? undefined : over.get(i);
            if (below !== undefined && donated![below]) return inputs[below] as HeapBuffer;
            const handle = handles.takeFor(output);
            made.push(handle);
            return handle;
          });
          return freeing(made, () => {
            run(addressesOf(inputs), addressesOf(outputs));
            return outputs;
          });
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

/** Whether the last problem of a primitive comes again: cheaper to see than by its key. Only where there are no parameters. */
function isSameProblem(a: Equation<Aval>, b: Equation<Aval>): boolean {
  if (Object.keys(b.params).length > 0) return false;
  const same = (x: readonly Aval[], y: readonly Aval[]): boolean =>
    x.length === y.length &&
    x.every((aval, i) => aval.dtype === y[i]!.dtype && sameShape(aval.shape, y[i]!.shape));
  return same(a.inputs, b.inputs) && same(a.outputs, b.outputs);
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
