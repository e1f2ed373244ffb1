import { calledProgram } from '../../program/inline.js';
import type { Equation } from '../../program/program.js';
import type { Aval } from '../../shape.js';
import type { Device } from './device.js';
import type { Compute, Context } from './context.js';
import type { Problem } from './rule.js';
import { emptyOf, withScratch } from './rule.js';
import type { TfjsTensor } from './types.js';

/** The primitives that carry programs; undefined for the others. */
export function controlOf(equation: Equation<Aval>, context: Context): Compute | undefined {
  const called = calledProgram(equation);
  if (called !== undefined) return context.programFor(called);
  if (equation.primitive === 'cond') return condition(equation, context);
  return equation.primitive === 'scan' ? loop(equation, context) : undefined;
}

function condition({ params }: Problem<'cond'>, context: Context): Compute {
  const [yes, no] = [context.programFor(params.whenTrue), context.programFor(params.whenFalse)];
  const scalar: Aval = { shape: [], dtype: 'bool' };
  return ([predicate, ...operands]) =>
    context.device.read(predicate!, scalar)[0] === 0 ? no(operands) : yes(operands);
}

function loop({ inputs, outputs, params }: Problem<'scan'>, context: Context): Compute {
  const { device } = context;
  const { constants, carry, length, reverse } = params;
  const body = context.programFor(params.body);
  const sequences = inputs.slice(constants + carry);
  return (values) => {
    const fixed = values.slice(0, constants);
    const streams = values.slice(constants + carry);
    const columns: TfjsTensor[][] = outputs.slice(carry).map(() => []);
    let carried = values.slice(constants, constants + carry).map((value) => device.share(value));
    try {
      for (let i = 0; i < length; i++) {
        const t = reverse ? length - 1 - i : i;
        const elements = streams.map((stream, s) => elementOf(device, stream, sequences[s]!, t));
        const before = carried;
        carried = [];
        let results: TfjsTensor[];
        try {
          results = body([...fixed, ...before, ...elements]);
        } finally {
          [...before, ...elements].forEach((value) => device.dispose(value));
        }
        carried = results.slice(0, carry);
        results.slice(carry).forEach((value, column) => (columns[column]![t] = value));
      }
      const stacks = outputs.slice(carry).map((output, column) => stack(device, columns[column]!, output));
      const final = carried;
      carried = [];
      return [...final, ...stacks];
    } finally {
      // Reverse loops that fail leave holes, which forEach passes over.
      [carried, ...columns].forEach((list) => list.forEach((value) => device.dispose(value)));
    }
  };
}

/** One step's part of a stacked sequence. */
function elementOf(device: Device, stream: TfjsTensor, { shape, dtype }: Aval, t: number): TfjsTensor {
  const inner = shape.slice(1);
  if (inner.includes(0)) return emptyOf(device, { shape: inner, dtype });
  return withScratch(device, (k) =>
    k.reshape(
      k.call('Slice', { x: stream }, { begin: [t, ...inner.map(() => 0)], size: [1, ...inner] }),
      inner,
    ),
  );
}

function stack(device: Device, parts: readonly TfjsTensor[], output: Aval): TfjsTensor {
  const { shape } = output;
  if (shape.includes(0)) return emptyOf(device, output);
  return withScratch(device, (k) => {
    const rows = parts.map((part) => k.reshape(part, [1, ...shape.slice(1)]));
    return rows.length === 1 ? rows[0]! : k.call('Concat', rows, { axis: 0 });
  });
}
