import { bytesPerElement } from '../dtype.js';
import { lookupPrimitive } from '../primitives/primitive.js';
import { sameShape, sizeOf } from '../shape.js';
import type { Equation, Program, Variable } from './program.js';

/** Where a program's values live: which equations run, and which slot of the arena each intermediate uses. */
export interface Plan {
  /** Bytes of each slot. */
  readonly slots: readonly number[];
  /** The variable whose memory holds this one's elements (itself, unless it is a reshape of another). */
  readonly root: ReadonlyMap<Variable, Variable>;
  /** The slot of each intermediate root; inputs and outputs are the caller's buffers. */
  readonly slotOf: ReadonlyMap<Variable, number>;
  /** Equations that do work, in order. */
  readonly equations: readonly Equation<Variable>[];
  /** Outputs that are no equation's own: inputs, reshapes of them, or repeats of another output; copied at the end. */
  readonly copies: readonly { readonly from: Variable; readonly output: number }[];
  /** The output position that each directly written root goes to. */
  readonly outputOf: ReadonlyMap<Variable, number>;
}

/** Assigns buffers by liveness: a slot is reused as soon as the last reader of its value has run. */
export function planBuffers(program: Program, isConstant: (variable: Variable) => boolean): Plan {
  const root = new Map<Variable, Variable>();
  const rootOf = (variable: Variable): Variable => root.get(variable) ?? variable;
  const equations: Equation<Variable>[] = [];
  for (const equation of program.equations) {
    const output = equation.outputs[0]!;
    if (isConstant(output)) continue;
    if (lookupPrimitive(equation.primitive).aliases === true) root.set(output, rootOf(equation.inputs[0]!));
    else equations.push(equation);
  }

  const computed = new Set(equations.flatMap((equation) => equation.outputs));
  const outputOf = new Map<Variable, number>();
  const copies: { from: Variable; output: number }[] = [];
  program.outputs.forEach((variable, output) => {
    const from = rootOf(variable);
    if (computed.has(from) && !outputOf.has(from)) outputOf.set(from, output);
    else copies.push({ from, output });
  });

  const lastUse = new Map<Variable, number>();
  equations.forEach((equation, i) => equation.inputs.forEach((input) => lastUse.set(rootOf(input), i)));

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
  equations.forEach((equation, i) => {
    const dying = [...new Set(equation.inputs.map(rootOf))].filter(
      (input) => lastUse.get(input) === i && slotOf.has(input),
    );
    const inPlace = lookupPrimitive(equation.primitive).elementwise === true;
    // An elementwise result may overwrite an input of its own shape and width: each element is read before it is written.
    const before = dying.filter(
      (input) => inPlace && equation.outputs.every((output) => sameLayout(input, output)),
    );
    for (const input of before) free.push(slotOf.get(input)!);
    for (const output of equation.outputs)
      if (!outputOf.has(output)) slotOf.set(output, take(bytesOf(output)));
    for (const input of dying) if (!before.includes(input)) free.push(slotOf.get(input)!);
    for (const output of equation.outputs)
      if (!lastUse.has(output) && slotOf.has(output)) free.push(slotOf.get(output)!);
  });
  return { slots, root, slotOf, equations, copies, outputOf };
}

function sameLayout(a: Variable, b: Variable): boolean {
  return sameShape(a.shape, b.shape) && bytesPerElement(a.dtype) === bytesPerElement(b.dtype);
}

export function bytesOf(variable: Variable): number {
  return sizeOf(variable.shape) * bytesPerElement(variable.dtype);
}
