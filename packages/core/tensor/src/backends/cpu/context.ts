import type { PrimitiveName } from '../../primitives/parameters.js';
import { lookupPrimitive } from '../../primitives/primitive.js';
import type { Equation, Program, Variable } from '../../program/program.js';
import type { Aval } from '../../shape.js';
import { sizeOf } from '../../shape.js';
import type { KernelRecorder } from '../backend.js';
import type { Engine } from './engine.js';
import { referenceKernel } from './fallback.js';
import { hasVectorRule } from './fused/expression.js';
import { fusedKernel } from './fused/loop.js';
import type { HeapKernel, KernelFactory, Problem } from './kernel.js';
import type { KernelTable } from './kernels/index.js';
import { controlKernels } from './control.js';

/** A program on the heap: runs at the addresses of its inputs and outputs. */
export interface HeapProgram {
  readonly run: (inputs: readonly number[], outputs: readonly number[]) => void;
  /** Per output, the input whose memory it may be given. */
  readonly over: ReadonlyMap<number, number>;
  /** Bytes of its arena and constants. */
  readonly bytes: number;
}

/** What turns equations and programs into calls of kernels. */
export interface Context {
  readonly engine: Engine;
  readonly kernels: KernelTable;
  readonly kernelFor: (equation: Equation<Aval>) => HeapKernel;
  /** The compiled form of a program; made once. */
  readonly programFor: (program: Program) => HeapProgram;
  /** Where times go while a profile is taken. */
  recorder: KernelRecorder | undefined;
}

/** The kernel of one equation: compiled code, a hand-written kernel, or the reference one. */
export function makeKernel(equation: Equation<Aval>, context: Context): HeapKernel {
  const { engine, kernels } = context;
  const primitive = lookupPrimitive<PrimitiveName>(equation.primitive);
  const control = controlKernels[equation.primitive];
  if (control !== undefined) return control(equation, context);
  if (primitive.expression !== undefined && hasVectorRule(equation))
    return elementwiseKernel(equation, engine);
  const problem = equation as Problem<PrimitiveName>;
  // The table pairs names with factories for their parameters; a lookup by a name that is only known here cannot.
  const factory = kernels[equation.primitive] as KernelFactory<PrimitiveName> | undefined;
  return factory?.(problem, engine) ?? referenceKernel(primitive.kernel, problem, engine.heap);
}

/** A single elementwise equation as a loop of one member. */
function elementwiseKernel(equation: Equation<Aval>, engine: Engine): HeapKernel {
  const inputs = equation.inputs.map((aval): Variable => ({ ...aval, id: 0 }));
  const outputs = equation.outputs.map((aval): Variable => ({ ...aval, id: 0 }));
  const alone = { ...equation, inputs, outputs } as Equation<Variable>;
  return fusedKernel(
    { inputs, outputs, equations: [alone], source: (variable) => variable, shape: outputs[0]!.shape },
    engine,
  );
}

/** Runs a kernel, with its time where a profile asks for it. */
export function timed(
  context: Context,
  name: string,
  kernel: HeapKernel,
  addresses: readonly number[],
  bytes: number,
  operations: number,
): void {
  const { recorder } = context;
  if (recorder === undefined) {
    kernel(addresses);
    return;
  }
  const start = performance.now();
  kernel(addresses);
  recorder(name, performance.now() - start, bytes, operations);
}

export function bytesOf(avals: readonly Aval[]): number {
  return avals.reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * (dtype === 'float64' ? 8 : dtype === 'bool' ? 1 : 4), 0); // prettier-ignore
}
