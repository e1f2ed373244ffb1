import { calledProgram } from '../../program/inline.js';
import type { Equation } from '../../program/program.js';
import type { Aval } from '../../shape.js';
import type { GpuArray } from './buffers.js';
import type { Arrays, Compute, Context } from './compute.js';
import { performed } from './compute.js';
import { deviceBytes } from './elements.js';
import type { Encoder } from './encoder.js';
import type { Problem } from './kernel.js';

/** The primitives that carry programs; undefined for the others. */
export function controlOf(equation: Equation<Aval>, context: Context): Compute | undefined {
  const called = calledProgram(equation);
  if (called !== undefined) return context.programFor(called);
  if (equation.primitive === 'cond') return condition(equation, context);
  return equation.primitive === 'scan' ? loop(equation, context) : undefined;
}

/** The host reads the predicate, and has the device compute that branch alone. */
function condition({ params }: Problem<'cond'>, context: Context): Compute {
  const [yes, no] = [context.programFor(params.whenTrue), context.programFor(params.whenFalse)];
  return {
    async perform(host, [predicate, ...operands], outputs) {
      const [chosen] = new Uint32Array(await host.fetch(predicate!, 4));
      await performed(chosen === 0 ? no : yes, host, operands, outputs);
    },
    tally: [],
  };
}

/** Steps that are handed over at once: many, but a long loop should not wait for its last step to begin. */
const mostPending = 1024;

function loop(equation: Problem<'scan'>, context: Context): Compute {
  const body = context.programFor(equation.params.body);
  const { length } = equation.params;
  if ('encode' in body)
    return {
      encode(encoder, inputs, outputs) {
        const walk = createWalk(equation, context, encoder, inputs, outputs);
        for (let i = 0; i < length; i++) {
          body.encode(encoder, ...walk.enter(i));
          walk.leave(i);
          encoder.flushAbove(mostPending);
        }
        walk.finish();
      },
    };
  return {
    async perform(host, inputs, outputs) {
      const walk = createWalk(equation, context, host.encoder, inputs, outputs);
      try {
        for (let i = 0; i < length; i++) {
          await body.perform(host, ...walk.enter(i));
          walk.leave(i);
        }
      } finally {
        walk.finish();
      }
    },
    tally: body.tally,
  };
}

/** The arrays of a loop's steps. */
interface Walk {
  /** The body's inputs and outputs at step i. */
  enter(i: number): [from: Arrays, to: Arrays];
  leave(i: number): void;
  finish(): void;
}

/** Carried values go back and forth between two sets of arrays; elements of sequences are copied out and in. */
function createWalk(
  { inputs: given, outputs: made, params }: Problem<'scan'>,
  { stream: { buffers } }: Context,
  encoder: Encoder,
  inputs: Arrays,
  outputs: Arrays,
): Walk {
  const { constants, carry, length, reverse } = params;
  const bytesOf = given.slice(constants, constants + carry).map(deviceBytes);
  const elementBytes = (avals: readonly Aval[]): number[] =>
    avals.map((aval) => (length === 0 ? 0 : deviceBytes(aval) / length));
  const [sequenceBytes, stackBytes] = [
    elementBytes(given.slice(constants + carry)),
    elementBytes(made.slice(carry)),
  ];
  const taken: GpuArray[] = [];
  const take = (bytes: number): GpuArray => {
    const array = buffers.take(bytes);
    taken.push(array);
    return array;
  };
  const fixed = inputs.slice(0, constants);
  const sequences = inputs.slice(constants + carry);
  const sets = [bytesOf.map(take), bytesOf.map(take)];
  const elements = sequenceBytes.map(take);
  const parts = stackBytes.map(take);
  const at = (i: number): number => (reverse ? length - 1 - i : i);
  const before = (i: number): Arrays => (i === 0 ? inputs.slice(constants, constants + carry) : sets[i % 2]!);

  return {
    enter(i) {
      sequences.forEach((sequence, k) => {
        const bytes = sequenceBytes[k]!;
        encoder.copy(sequence, elements[k]!, bytes, at(i) * bytes);
      });
      return [
        [...fixed, ...before(i), ...elements],
        [...sets[(i + 1) % 2]!, ...parts],
      ];
    },
    leave(i) {
      parts.forEach((part, k) => {
        const bytes = stackBytes[k]!;
        encoder.copy(part, outputs[carry + k]!, bytes, 0, at(i) * bytes);
      });
    },
    finish() {
      before(length).forEach((value, k) => {
        encoder.copy(value, outputs[k]!, bytesOf[k]!);
      });
      taken.forEach(buffers.give);
    },
  };
}
