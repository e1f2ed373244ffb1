import type { Program, Variable } from '../../program/program.js';
import { inlineCalls } from '../../program/inline.js';
import { simplify } from '../../program/simplify.js';
import { sizeOf } from '../../shape.js';
import type { Device } from './device.js';
import type { Compute, Context } from './context.js';
import { computeOf } from './kernels.js';
import type { TfjsTensor } from './types.js';

/** Results of at most this many elements that depend on no input are computed once, when the program is compiled. */
const largestConstant = 1 << 16;

interface Step {
  readonly compute: Compute;
  readonly inputs: readonly Variable[];
  readonly outputs: readonly Variable[];
  /** Read here for the last time. */
  readonly dying: readonly Variable[];
}

/**
 * A program as a list of steps. Each value is disposed at its last use, so that a run leaves nothing behind but its
 * results.
 */
export function compileSteps(source: Program, context: Context): Compute {
  const { device } = context;
  const program = simplify(inlineCalls(source));
  const constants = constantsOf(program, context);
  const steps = stepsOf(program, constants, context);

  const compute: Compute = (inputs) => {
    // What a step made and nobody took yet is ours; inputs and constants are not.
    const own = new Map<Variable, TfjsTensor>();
    const given = new Map(program.inputs.map((variable, i) => [variable, inputs[i]!]));
    const read = (variable: Variable): TfjsTensor =>
      own.get(variable) ?? given.get(variable) ?? constants.get(variable)!;
    const drop = (variable: Variable): void => {
      const value = own.get(variable);
      own.delete(variable);
      if (value !== undefined) device.dispose(value);
    };
    const results: TfjsTensor[] = [];
    try {
      for (const step of steps) {
        const values = step.compute(step.inputs.map(read));
        step.outputs.forEach((variable, i) => own.set(variable, values[i]!));
        step.dying.forEach(drop);
      }
      // A value may be a result several times, or an input: each result is a tensor of its own.
      for (const variable of program.outputs) results.push(device.share(read(variable)));
      return results;
    } catch (error) {
      results.forEach((value) => device.dispose(value));
      throw error;
    } finally {
      [...own.keys()].forEach(drop);
    }
  };
  if (constants.size > 0) owned.register(compute, disposer(device, [...constants.values()]));
  return compute;
}

/** Constants go with the program that holds them. The function that disposes them must not hold the program. */
const owned = new FinalizationRegistry<() => void>((dispose) => dispose());

const disposer =
  (device: Device, constants: readonly TfjsTensor[]): (() => void) =>
  () =>
    constants.forEach((value) => device.dispose(value));

function constantsOf(program: Program, context: Context): Map<Variable, TfjsTensor> {
  const constants = new Map<Variable, TfjsTensor>();
  for (const equation of program.equations) {
    if (!equation.inputs.every((input) => constants.has(input))) continue;
    if (equation.outputs.some((output) => sizeOf(output.shape) > largestConstant)) continue;
    const values = computeOf(equation, context)(equation.inputs.map((input) => constants.get(input)!));
    equation.outputs.forEach((output, i) => {
      context.device.pool(values[i]!);
      constants.set(output, values[i]!);
    });
  }
  return constants;
}

function stepsOf(program: Program, constants: ReadonlyMap<Variable, TfjsTensor>, context: Context): Step[] {
  const equations = program.equations.filter(({ outputs }) => !outputs.every((y) => constants.has(y)));
  const lastUse = new Map<Variable, number>();
  equations.forEach(({ inputs, outputs }, i) => {
    // What nobody reads dies where it is made.
    for (const variable of [...inputs, ...outputs]) lastUse.set(variable, i);
  });
  program.outputs.forEach((variable) => lastUse.delete(variable));
  return equations.map((equation, i) => ({
    compute: computeOf(equation, context),
    inputs: equation.inputs,
    outputs: equation.outputs,
    dying: [...new Set([...equation.inputs, ...equation.outputs])].filter(
      (variable) => lastUse.get(variable) === i,
    ),
  }));
}
