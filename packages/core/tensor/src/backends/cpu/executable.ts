import { allocate } from '../../dtype.js';
import type { HostArray, Kernel, RunProgram } from '../../primitives/primitive.js';
import type { PrimitiveName } from '../../primitives/parameters.js';
import { planBuffers } from '../../program/plan.js';
import type { Equation, Program, Variable } from '../../program/program.js';
import { sizeOf } from '../../shape.js';

/** Results of at most this many elements that depend on no input are computed once, when the program is compiled. */
const largestConstant = 1 << 16;

interface Step {
  readonly equation: Equation<Variable>;
  readonly kernel: Kernel<PrimitiveName>;
  readonly inputs: HostArray[];
  readonly outputs: HostArray[];
}

export interface HostExecutable {
  execute: (inputs: readonly HostArray[], outputs: readonly HostArray[]) => void;
  /** Bytes of its arena and constants. */
  readonly bytes: number;
}

export type RunKernel = (
  equation: Equation<Variable>,
  kernel: Kernel<PrimitiveName>,
  inputs: HostArray[],
  outputs: HostArray[],
  run: RunProgram,
) => void;

/** Turns a program into a list of kernel calls over planned buffers. */
export function compileHost(
  program: Program,
  kernelOf: (name: PrimitiveName) => Kernel<PrimitiveName>,
  runKernel: RunKernel,
  run: RunProgram,
): HostExecutable {
  let bytes = 0;
  const make = (aval: Variable): HostArray => {
    const data = allocate(aval.dtype, sizeOf(aval.shape));
    bytes += data.byteLength;
    return { shape: aval.shape, dtype: aval.dtype, data };
  };

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

  const plan = planBuffers(program, (variable) => constants.has(variable));
  const arena = plan.slots.map((size) => new ArrayBuffer(Math.ceil(size / 8) * 8));
  bytes += plan.slots.reduce((total, size) => total + size, 0);

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
    const root = plan.root.get(variable) ?? variable;
    const constant = constants.get(root);
    const slot = plan.slotOf.get(root);
    const output = plan.outputOf.get(root);
    const position = into.length;
    if (constant !== undefined)
      into.push({ shape: variable.shape, dtype: variable.dtype, data: constant.data });
    else if (slot !== undefined)
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
  const steps = plan.equations.map((equation): Step => {
    const step: Step = { equation, kernel: kernelOf(equation.primitive), inputs: [], outputs: [] };
    equation.inputs.forEach((variable) => place(step.inputs, variable));
    equation.outputs.forEach((variable) => place(step.outputs, variable));
    return step;
  });
  const copySources: HostArray[] = [];
  plan.copies.forEach(({ from }) => place(copySources, from));

  const execute = (inputs: readonly HostArray[], outputs: readonly HostArray[]): void => {
    for (const { into, position, variable, source, index } of patches) {
      const host = source === 'input' ? inputs[index]! : outputs[index]!;
      into[position] =
        host.shape === variable.shape
          ? host
          : { shape: variable.shape, dtype: variable.dtype, data: host.data };
    }
    for (const step of steps) runKernel(step.equation, step.kernel, step.inputs, step.outputs, run);
    plan.copies.forEach(({ output }, i) => outputs[output]!.data.set(copySources[i]!.data));
    // Hold on to no caller's memory between runs.
    for (const { into, position } of patches) into[position] = undefined as unknown as HostArray;
  };
  return { execute, bytes };
}
