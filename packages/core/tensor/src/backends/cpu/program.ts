import { bytesPerElement } from '../../dtype.js';
import { equationsOf, fuse, stepName } from '../../program/fuse.js';
import type { FitsLoop } from '../../program/fuse.js';
import { inlineCalls } from '../../program/inline.js';
import { operationsOf } from '../../program/operations.js';
import { planBuffers } from '../../program/plan.js';
import type { Program, Variable } from '../../program/program.js';
import type { ProgramStep } from '../../program/rows.js';
import { joinRows } from '../../program/rows.js';
import { simplify } from '../../program/simplify.js';
import { sizeOf } from '../../shape.js';
import type { Context, HeapProgram } from './context.js';
import { bytesOf, timed } from './context.js';
import { controlKernels } from './control.js';
import { hasVectorRule } from './fused/expression.js';
import { fusedKernel } from './fused/loop.js';
import { isRowReduction, rowsKernel } from './fused/rows.js';
import type { HeapKernel } from './kernel.js';

/** Results of at most this many elements that depend on no input are computed once, when the program is compiled. */
const largestConstant = 1 << 16;

/** In row steps, arrays have a pointer each; single numbers stay in a register through all rows. */
const mostArrays = 16;
const mostNumbers = 16;
const fitsRow: FitsLoop = (inputs, stored) => {
  const numbers = inputs.filter(({ shape }) => sizeOf(shape) === 1).length;
  return numbers <= mostNumbers && inputs.length - numbers + stored.length <= mostArrays;
};

interface Call {
  readonly name: string;
  readonly kernel: HeapKernel;
  /** Of inputs and outputs; those of the program's own arguments are filled in before each run. */
  readonly addresses: number[];
  readonly bytes: number;
  readonly operations: number;
  readonly carriesProgram: boolean;
}

interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** Turns a program into a list of kernel calls over planned memory. */
export function compileProgram(source: Program, context: Context): HeapProgram {
  const { heap } = context.engine;
  const blocks: Block[] = [];
  const free = (): void => blocks.forEach(({ address, bytes }) => heap.give(address, bytes));
  try {
    const compiled = compileInto(blocks, simplify(inlineCalls(source)), context);
    owned.register(compiled, free);
    return compiled;
  } catch (error) {
    free();
    throw error;
  }
}

/** Gives a program's memory back when it is collected. The function it holds must not hold the program. */
const owned = new FinalizationRegistry<() => void>((free) => free());

function compileInto(blocks: Block[], program: Program, context: Context): HeapProgram {
  const { heap } = context.engine;
  const take = (bytes: number): number => {
    const address = heap.take(bytes);
    blocks.push({ address, bytes });
    return address;
  };

  const constants = constantsOf(program, context, take);
  const fused = fuse(
    program,
    new Map(
      [...constants].map(([variable, address]) => [
        variable,
        { data: heap.view(variable.dtype, address, sizeOf(variable.shape)) },
      ]),
    ),
    hasVectorRule,
  );
  const steps = joinRows(
    fused,
    program.outputs,
    { elementwise: hasVectorRule, reduction: isRowReduction },
    fitsRow,
  );
  const plan = planBuffers(program, { steps, rootOf: fused.rootOf });
  const arena = plan.slots.map(take);

  // Inputs and outputs change from call to call: where their addresses go is noted.
  const patches: { into: number[]; position: number; fromOutput: boolean; index: number }[] = [];
  const inputIndex = new Map(program.inputs.map((variable, i) => [variable, i]));
  const place = (into: number[], variable: Variable): void => {
    const root = fused.rootOf(variable);
    const constant = constants.get(root);
    const slot = plan.slotOf.get(root);
    const output = plan.outputOf.get(root);
    const position = into.length;
    into.push(constant ?? (slot === undefined ? 0 : arena[slot]!));
    if (constant !== undefined || slot !== undefined) return;
    const index = output ?? inputIndex.get(root)!;
    patches.push({ into, position, fromOutput: output !== undefined, index });
  };
  const calls = steps.map((step): Call => {
    const addresses: number[] = [];
    step.inputs.forEach((variable) => place(addresses, variable));
    step.outputs.forEach((variable) => place(addresses, variable));
    return {
      name: stepName(step),
      kernel: kernelOf(step, context),
      addresses,
      bytes: bytesOf([...step.inputs, ...step.outputs]),
      operations: equationsOf(step).reduce((sum, equation) => sum + operationsOf(equation), 0),
      carriesProgram: step.kind === 'single' && controlKernels[step.equation.primitive] !== undefined,
    };
  });
  const copies = plan.copies.map(({ from, output }) => {
    const addresses: number[] = [];
    place(addresses, from);
    return { addresses, output, bytes: sizeOf(from.shape) * bytesPerElement(from.dtype) };
  });

  const bytes = blocks.reduce((sum, block) => sum + block.bytes, 0);
  const run = (inputs: readonly number[], outputs: readonly number[]): void => {
    for (const { into, position, fromOutput, index } of patches)
      into[position] = fromOutput ? outputs[index]! : inputs[index]!;
    for (const { name, kernel, addresses, bytes: moved, operations, carriesProgram } of calls) {
      if (context.recorder === undefined || carriesProgram) kernel(addresses);
      else timed(context, name, kernel, addresses, moved, operations);
    }
    for (const { addresses, output, bytes: size } of copies) {
      const [from] = addresses as [number];
      // A buffer that the caller gave away is there already.
      if (from !== outputs[output])
        heap.view('bool', outputs[output]!, size).set(heap.view('bool', from, size));
    }
  };
  return { run, bytes, over: plan.over };
}

function kernelOf(step: ProgramStep, context: Context): HeapKernel {
  if (step.kind === 'fused') return fusedKernel(step, context.engine);
  return step.kind === 'rows' ? rowsKernel(step, context.engine) : context.kernelFor(step.equation);
}

/** Small values that depend on no input, computed now. */
function constantsOf(
  program: Program,
  context: Context,
  take: (bytes: number) => number,
): Map<Variable, number> {
  const constants = new Map<Variable, number>();
  for (const equation of program.equations) {
    if (!equation.inputs.every((input) => constants.has(input))) continue;
    if (equation.outputs.some((output) => sizeOf(output.shape) > largestConstant)) continue;
    const outputs = equation.outputs.map((output) => take(bytesOf([output])));
    context.kernelFor(equation)([...equation.inputs.map((input) => constants.get(input)!), ...outputs]);
    equation.outputs.forEach((output, i) => constants.set(output, outputs[i]!));
  }
  return constants;
}
