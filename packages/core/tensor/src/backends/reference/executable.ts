import { allocate } from '../../dtype.js';
import type { HostArray, Kernel, RunProgram } from '../../primitives/primitive.js';
import type { PrimitiveName } from '../../primitives/parameters.js';
import { fuse, isPointwise, stepName } from '../../program/fuse.js';
import { planBuffers } from '../../program/plan.js';
import type { Equation, Program, Variable } from '../../program/program.js';
import { sizeOf } from '../../shape.js';
import { fusedKernel } from './loop.js';

/** Results of at most this many elements that depend on no input are computed once, when the program is compiled. */
const largestConstant = 1 << 16;

interface Call {
  readonly name: string;
  readonly kernel: Kernel<PrimitiveName>;
  readonly params: Equation['params'];
  readonly inputs: HostArray[];
  readonly outputs: HostArray[];
}

export interface HostExecutable {
  execute: (inputs: readonly HostArray[], outputs: readonly HostArray[]) => void;
  /** Bytes of its arena and constants. */
  readonly bytes: number;
}

export type RunKernel = (
  name: string,
  kernel: Kernel<PrimitiveName>,
  params: Equation['params'],
  inputs: readonly HostArray[],
  outputs: readonly HostArray[],
  run: RunProgram,
) => void;

/** Turns a program into a list of kernel calls over planned buffers. */
export function compileHost(
  program: Program,
  kernelOf: (name: PrimitiveName) => Kernel<PrimitiveName>,
  runKernel: RunKernel,
  run: RunProgram,
): HostExecutable {
  const make = ({ shape, dtype }: Variable): HostArray => ({
    shape,
    dtype,
    data: allocate(dtype, sizeOf(shape)),
  });

  const constants = new Map<Variable, HostArray>();
  for (const equation of program.equations) {
    if (!equation.inputs.every((input) => constants.has(input))) continue;
    if (equation.outputs.some((output) => sizeOf(output.shape) > largestConstant)) continue;
    const outputs = equation.outputs.map(make);
    kernelOf(equation.primitive)(
      equation.inputs.map((input) => constants.get(input)!),
      outputs,
      equation.params,
      run,
    );
    equation.outputs.forEach((output, i) => constants.set(output, outputs[i]!));
  }

  const fused = fuse(program, constants, isPointwise);
  const plan = planBuffers(program, fused);
  const arena = plan.slots.map((size) => new ArrayBuffer(Math.ceil(size / 8) * 8));
  let bytes = plan.slots.reduce((total, size) => total + size, 0);
  const kept = new Set<HostArray>();

  // Values of inputs and outputs change from call to call: their places are noted and filled in before each run.
  const patches: {
    into: HostArray[];
    position: number;
    variable: Variable;
    source: 'input' | 'output';
    index: number;
  }[] = [];
  const inputIndex = new Map(program.inputs.map((variable, i) => [variable, i]));
  const place = (into: HostArray[], variable: Variable): void => {
    const root = fused.rootOf(variable);
    const constant = constants.get(root);
    const slot = plan.slotOf.get(root);
    const output = plan.outputOf.get(root);
    const position = into.length;
    if (constant !== undefined) {
      into.push({ shape: variable.shape, dtype: variable.dtype, data: constant.data });
      kept.add(constant);
    } else if (slot !== undefined)
      into.push({
        shape: variable.shape,
        dtype: variable.dtype,
        data: allocate(variable.dtype, sizeOf(variable.shape), arena[slot]),
      });
    else {
      into.push(undefined as unknown as HostArray); // filled by `patch` before the kernel sees it
      if (output !== undefined) patches.push({ into, position, variable, source: 'output', index: output });
      else patches.push({ into, position, variable, source: 'input', index: inputIndex.get(root)! });
    }
  };
  const calls = fused.steps.map((step): Call => {
    const call: Call = {
      name: stepName(step),
      kernel: step.kind === 'fused' ? fusedKernel(step) : kernelOf(step.equation.primitive),
      params: step.kind === 'fused' ? {} : step.equation.params,
      inputs: [],
      outputs: [],
    };
    step.inputs.forEach((variable) => place(call.inputs, variable));
    step.outputs.forEach((variable) => place(call.outputs, variable));
    return call;
  });
  const copySources: HostArray[] = [];
  plan.copies.forEach(({ from }) => place(copySources, from));
  for (const { data } of kept) bytes += data.byteLength;
  // Many became numbers inside loops: nothing may hold on to their memory.
  constants.clear();

  const execute = (inputs: readonly HostArray[], outputs: readonly HostArray[]): void => {
    for (const { into, position, variable, source, index } of patches) {
      const host = source === 'input' ? inputs[index]! : outputs[index]!;
      into[position] =
        host.shape === variable.shape
          ? host
          : { shape: variable.shape, dtype: variable.dtype, data: host.data };
    }
    for (const { name, kernel, params, inputs: from, outputs: to } of calls)
      runKernel(name, kernel, params, from, to, run);
    plan.copies.forEach(({ output }, i) => outputs[output]!.data.set(copySources[i]!.data));
    // Hold on to no caller's memory between runs.
    for (const { into, position } of patches) into[position] = undefined as unknown as HostArray;
  };
  return { execute, bytes };
}
