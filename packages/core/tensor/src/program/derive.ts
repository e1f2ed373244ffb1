import { isFloat } from '../dtype.js';
import { zerosLike } from '../primitives/calls.js';
import type { Aval } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { jvpFlat } from '../transforms/jvp.js';
import { gradFlat } from '../transforms/tape.js';
import { batchFlat } from '../transforms/vmap.js';
import { evaluateProgram } from './program.js';
import type { Program, Variable } from './program.js';
import { record } from './record.js';
import { removeDead, simplify } from './simplify.js';

/*
 * Programs made from programs: what the higher-order primitives' rules run. Each is recorded once per program and
 * pattern of inputs, and remembered.
 */

/** Remembers `make(program, pattern)` for as long as the program lives. */
export function perProgram<T>(
  make: (program: Program, pattern: readonly boolean[]) => T,
): (program: Program, pattern: readonly boolean[]) => T {
  const known = new WeakMap<Program, Map<string, T>>();
  return (program, pattern) => {
    let patterns = known.get(program);
    if (patterns === undefined) known.set(program, (patterns = new Map<string, T>()));
    const key = pattern.map(Number).join('');
    let made = patterns.get(key);
    if (made === undefined) patterns.set(key, (made = make(program, pattern)));
    return made;
  };
}

const floats = (avals: readonly Aval[]): boolean[] => avals.map((aval) => isFloat(aval.dtype));

/**
 * (inputs, tangents of the inputs flagged) -> (outputs, tangents of the float outputs). Outputs that do not move get
 * zero tangents, so that the result's form does not depend on the program's inside.
 */
export const jvpProgram = perProgram((program, moving): Program => {
  const directions = program.inputs.filter((_, i) => moving[i]);
  const count = program.inputs.length;
  return record(
    'jvp',
    (...values) => {
      let next = count;
      const tangents = moving.map((moves) => (moves ? values[next++]! : null));
      const result = jvpFlat(
        (...inputs) => evaluateProgram(program, inputs),
        values.slice(0, count),
        tangents,
      );
      const moved = result.outputs.flatMap((y, i) =>
        isFloat(y.dtype) ? [result.tangents[i] ?? zerosLike(y)] : [],
      );
      return [...result.outputs, ...moved];
    },
    [...program.inputs, ...directions],
  ).program;
});

/** The program on stacks: inputs flagged have the batch axis in front, outputs all have. */
export function batchProgram(program: Program, batched: readonly boolean[], size: number): Program {
  const bySize = batchedPrograms(program, batched);
  let made = bySize.get(size);
  if (made === undefined) {
    made = record(
      'vmap',
      (...values) => batchFlat((...inputs) => evaluateProgram(program, inputs), size, values, batched),
      program.inputs.map((input, i) =>
        batched[i] ? { shape: [size, ...input.shape], dtype: input.dtype } : input,
      ),
    ).program;
    bySize.set(size, made);
  }
  return made;
}

const batchedPrograms = perProgram(() => new Map<number, Program>());

/** A derivative of a program, split where the cotangents (or tangents) come in. */
export interface VjpPrograms {
  /** inputs -> (outputs, computed residuals) */
  readonly forward: Program;
  /** (inputs named in `kept`, computed residuals, cotangents of the float outputs) -> cotangents of the inputs needed */
  readonly backward: Program;
  /** Positions of the inputs that the way back reads directly. */
  readonly kept: readonly number[];
}

/**
 * Records value and gradient together and cuts the result in two: what depends on a cotangent is the way back, the
 * rest the way there, and values that cross the cut are the residuals.
 */
export const vjpPrograms = perProgram((program, needs): VjpPrograms => {
  const count = program.inputs.length;
  const isFloatOutput = floats(program.outputs);
  const outputs = program.outputs.length;
  const joint = record(
    'vjp',
    (...values) => {
      let next = count;
      const arriving = isFloatOutput.map((float) => (float ? values[next++]! : null));
      const result = gradFlat(
        (...inputs) => evaluateProgram(program, inputs),
        values.slice(0, count),
        needs,
        () => arriving,
      );
      return [...result.outputs, ...result.cotangents.flatMap((ct) => (ct === null ? [] : [ct]))];
    },
    [...program.inputs, ...program.outputs.filter((_, i) => isFloatOutput[i])],
  ).program;
  return cut(joint, count, outputs);
});

function cut(joint: Program, inputCount: number, outputCount: number): VjpPrograms {
  const inputs = joint.inputs.slice(0, inputCount);
  const cotangents = joint.inputs.slice(inputCount);
  const late = new Set<Variable>(cotangents);
  const early: Program['equations'][number][] = [];
  const back: Program['equations'][number][] = [];
  // Equations without inputs (constants) are cheaper to repeat on the way back than to keep. Other shapes of an input cost nothing
  // to repeat, and a loop would keep them step by step, where the input of a constant is at hand.
  const repeated: Program['equations'][number][] = [];
  const atHand = new Set<Variable>(inputs);
  for (const equation of joint.equations) {
    if (equation.inputs.some((input) => late.has(input))) {
      equation.outputs.forEach((output) => late.add(output));
      back.push(equation);
    } else {
      early.push(equation);
      if (
        equation.inputs.length === 0 ||
        (equation.primitive === 'reshape' && equation.inputs.every((input) => atHand.has(input)))
      ) {
        repeated.push(equation);
        equation.outputs.forEach((output) => atHand.add(output));
      }
    }
  }
  const constants = new Set(repeated.flatMap((equation) => equation.outputs));
  const leaving = joint.outputs.slice(outputCount);
  const read = new Set([...back.flatMap((equation) => equation.inputs), ...leaving]);
  for (const equation of [...repeated].reverse())
    if (equation.outputs.some((output) => read.has(output)))
      equation.inputs.forEach((input) => read.add(input));
  const kept = inputs.flatMap((input, i) => (read.has(input) ? [i] : []));
  const residuals = early
    .flatMap((equation) => equation.outputs)
    .filter((variable) => read.has(variable) && !constants.has(variable));
  const forward = simplify({
    inputs,
    equations: early,
    outputs: [...joint.outputs.slice(0, outputCount), ...residuals],
  });
  const backward = removeDead({
    inputs: [...kept.map((i) => inputs[i]!), ...residuals, ...cotangents],
    equations: [...repeated, ...back],
    outputs: leaving,
  });
  return { forward, backward, kept };
}

/**
 * Forward mode split where the tangents come in: `forward` gives outputs and residuals from the inputs, `backward` (here
 * the linear map itself) the float outputs' tangents from inputs kept, residuals and the tangents of the inputs flagged.
 */
export const linearPrograms = perProgram((program, moving): VjpPrograms => {
  const pushed = jvpProgram(program, moving);
  const count = program.inputs.length;
  const joint = record(
    'linearize',
    (...values) => [
      // The value once more by itself: a loop pushed forward gives value and tangent together, and so only after the cut.
      // Where they come apart, the repeated equations are found equal and removed.
      ...evaluateProgram(program, values.slice(0, count)),
      ...evaluateProgram(pushed, values).slice(program.outputs.length),
    ],
    pushed.inputs,
  ).program;
  return cut(joint, count, program.outputs.length);
});

/** A program that passes chosen inputs through: for branches and loops that need a common form. */
export function recordFlat(
  name: string,
  f: (...inputs: Tensor[]) => readonly Tensor[],
  avals: readonly Aval[],
): Program {
  return record(name, f, avals).program;
}
