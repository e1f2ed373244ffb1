import { bytesPerElement } from '../dtype.js';
import { sizeOf } from '../shape.js';
import type { ProgramStep } from './rows.js';
import type { Program, Variable } from './program.js';

/** Where a program's values live: which slot of the arena each intermediate uses. */
export interface Plan {
  /** Bytes of each slot. */
  readonly slots: readonly number[];
  /** The slot of each intermediate root; inputs and outputs are the caller's buffers. */
  readonly slotOf: ReadonlyMap<Variable, number>;
  /** Outputs that are no step's own: inputs, reshapes of them, or repeats of another output; copied at the end. */
  readonly copies: readonly { readonly from: Variable; readonly output: number }[];
  /** The output position that each directly written root goes to. */
  readonly outputOf: ReadonlyMap<Variable, number>;
  /** Per output, the input whose buffer may become its own, should the caller give that one away. */
  readonly over: ReadonlyMap<number, number>;
}

/** Assigns buffers by liveness: a slot is reused as soon as the last reader of its value has run. */
export function planBuffers(
  { inputs, outputs }: Program,
  {
    steps,
    rootOf,
  }: { readonly steps: readonly ProgramStep[]; readonly rootOf: (variable: Variable) => Variable },
  bytesOf: (variable: Variable) => number = packedBytes,
): Plan {
  const computed = new Set(steps.flatMap((step) => step.outputs));
  const outputOf = new Map<Variable, number>();
  const copies: { from: Variable; output: number }[] = [];
  outputs.forEach((variable, output) => {
    const from = rootOf(variable);
    if (computed.has(from) && !outputOf.has(from)) outputOf.set(from, output);
    else copies.push({ from, output });
  });

  const lastUse = new Map<Variable, number>();
  steps.forEach((step, i) => step.inputs.forEach((input) => lastUse.set(rootOf(input), i)));

  const over = overwritable(inputs, copies, steps, rootOf, lastUse, outputOf);
  const slots: number[] = [];
  const slotOf = new Map<Variable, number>();
  const free: number[] = [];
  const take = (bytes: number): number => {
    // The smallest free slot that fits; else grow the largest free one; else a new one.
    free.sort((a, b) => slots[a]! - slots[b]!);
    let position = free.findIndex((slot) => slots[slot]! >= bytes);
    if (position < 0) position = free.length - 1;
    if (position < 0) return slots.push(bytes) - 1;
    const slot = free.splice(position, 1)[0]!;
    slots[slot] = Math.max(slots[slot]!, bytes);
    return slot;
  };
  steps.forEach((step, i) => {
    const dying = new Set(
      step.inputs.map(rootOf).filter((input) => lastUse.get(input) === i && slotOf.has(input)),
    );
    const placed = step.outputs.filter((output) => !outputOf.has(output));
    for (const output of placed) {
      // An elementwise result may overwrite an input as large as itself: what is in its place is read before it is
      // written, also when several results are written, and no loop reads such an input anywhere else.
      const below = step.elementwise ? [...dying].find((input) => sameLayout(input, output)) : undefined;
      slotOf.set(output, below === undefined ? take(bytesOf(output)) : slotOf.get(below)!);
      if (below !== undefined) dying.delete(below);
    }
    for (const input of dying) free.push(slotOf.get(input)!);
    for (const output of placed) if (!lastUse.has(output)) free.push(slotOf.get(output)!);
  });
  return { slots, slotOf, copies, outputOf, over };
}

/**
 * Outputs that may lie where an input was: what an elementwise step makes of an input that nothing reads later, such as an
 * optimizer's new state, and inputs that come out as they are.
 */
function overwritable(
  inputs: readonly Variable[],
  copies: Plan['copies'],
  steps: readonly ProgramStep[],
  rootOf: (variable: Variable) => Variable,
  lastUse: ReadonlyMap<Variable, number>,
  outputOf: ReadonlyMap<Variable, number>,
): Map<number, number> {
  const free = new Map(inputs.map((input, i) => [input, i]));
  const over = new Map<number, number>();
  for (const { from, output } of copies) {
    const input = free.get(from);
    // Nothing may write there, and a second output needs memory of its own.
    if (input !== undefined) over.set(output, input);
    free.delete(from);
  }
  steps.forEach((step, i) => {
    if (!step.elementwise) return;
    for (const result of step.outputs) {
      const output = outputOf.get(result);
      if (output === undefined) continue;
      const below = step.inputs.map(rootOf).find((input) => free.has(input) && lastUse.get(input) === i && sameLayout(input, result)); // prettier-ignore
      if (below === undefined) continue;
      over.set(output, free.get(below)!);
      free.delete(below);
    }
  });
  return over;
}

/** Equally many elements of the same width: an input like that is read element by element, however it is shaped. */
function sameLayout(a: Variable, b: Variable): boolean {
  return sizeOf(a.shape) === sizeOf(b.shape) && bytesPerElement(a.dtype) === bytesPerElement(b.dtype);
}

function packedBytes(variable: Variable): number {
  return sizeOf(variable.shape) * bytesPerElement(variable.dtype);
}
