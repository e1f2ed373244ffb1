import { bytesPerElement } from '../../dtype.js';
import type { PrimitiveName } from '../../primitives/parameters.js';
import type { Equation } from '../../program/program.js';
import type { Aval } from '../../shape.js';
import { sizeOf } from '../../shape.js';
import type { Context } from './context.js';
import type { HeapKernel } from './kernel.js';

type Of<N extends PrimitiveName> = Extract<Equation<Aval>, { primitive: N }>;

/** The primitives that carry programs. Their time is that of the kernels inside them. */
export const controlKernels: {
  readonly [N in PrimitiveName]?: (equation: Equation<Aval>, context: Context) => HeapKernel;
} = {
  jit: (equation, context) => callKernel((equation as Of<'jit'>).params.program, equation, context),
  checkpoint: (equation, context) =>
    callKernel((equation as Of<'checkpoint'>).params.program, equation, context),
  customVjp: (equation, context) =>
    callKernel((equation as Of<'customVjp'>).params.rule.program, equation, context),
  cond: (equation, context) => condKernel(equation as Of<'cond'>, context),
  scan: (equation, context) => scanKernel(equation as Of<'scan'>, context),
};

function callKernel(
  program: Of<'jit'>['params']['program'],
  { inputs }: Equation<Aval>,
  context: Context,
): HeapKernel {
  // Held as an object: its memory goes with it.
  const compiled = context.programFor(program);
  return (addresses) => compiled.run(addresses.slice(0, inputs.length), addresses.slice(inputs.length));
}

function condKernel({ inputs, params }: Of<'cond'>, context: Context): HeapKernel {
  const { heap } = context.engine;
  const branches = [context.programFor(params.whenFalse), context.programFor(params.whenTrue)] as const;
  return (addresses) => {
    const chosen = heap.view('bool', addresses[0]!, 1)[0] === 0 ? branches[0] : branches[1];
    chosen.run(addresses.slice(1, inputs.length), addresses.slice(inputs.length));
  };
}

function scanKernel({ inputs, outputs, params }: Of<'scan'>, context: Context): HeapKernel {
  const { body, constants, carry, length, reverse } = params;
  const { heap } = context.engine;
  const compiled = context.programFor(body);
  const bytesOf = ({ shape, dtype }: Aval): number => sizeOf(shape) * bytesPerElement(dtype);
  const carried = inputs.slice(constants, constants + carry).map(bytesOf);
  const sequences = inputs.slice(constants + carry).map((x) => (length === 0 ? 0 : bytesOf(x) / length));
  const stacks = outputs.slice(carry).map((y) => (length === 0 ? 0 : bytesOf(y) / length));
  const copy = (from: number, to: number, bytes: number): void =>
    void heap.view('bool', to, bytes).set(heap.view('bool', from, bytes));

  return (addresses) => {
    const fixed = addresses.slice(0, constants);
    const streams = addresses.slice(constants + carry, inputs.length);
    const results = addresses.slice(inputs.length + carry);
    // Two sets of carry buffers take turns; the body must not write over what it reads.
    let current = carried.map((bytes) => heap.take(bytes));
    let next = carried.map((bytes) => heap.take(bytes));
    try {
      carried.forEach((bytes, i) => copy(addresses[constants + i]!, current[i]!, bytes));
      for (let i = 0; i < length; i++) {
        const t = reverse ? length - 1 - i : i;
        compiled.run(
          [...fixed, ...current, ...streams.map((address, k) => address + t * sequences[k]!)],
          [...next, ...results.map((address, k) => address + t * stacks[k]!)],
        );
        [current, next] = [next, current];
      }
      carried.forEach((bytes, i) => copy(current[i]!, addresses[inputs.length + i]!, bytes));
    } finally {
      [...current, ...next].forEach((address, i) => heap.give(address, carried[i % carry]!));
    }
  };
}
