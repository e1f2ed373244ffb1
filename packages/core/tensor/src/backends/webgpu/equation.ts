import { lookupPrimitive } from '../../primitives/primitive.js';
import type { Equation } from '../../program/program.js';
import type { Aval } from '../../shape.js';
import { sizeOf } from '../../shape.js';
import type { Compute, Context, EncodedCompute } from './compute.js';
import { deviceBytes } from './elements.js';
import { onHost } from './host.js';
import type { Capabilities } from './kernel.js';
import { kernelOf } from './kernels/index.js';
import { timed } from './timed.js';

/** What computes an equation that carries no program. */
export function computeOf(equation: Equation<Aval>, context: Context, capabilities: Capabilities): Compute {
  const { primitive, inputs, outputs } = equation;
  const values = [...inputs, ...outputs];
  if (outputs.every(({ shape }) => sizeOf(shape) === 0)) return { encode: () => undefined };
  if (lookupPrimitive(primitive).aliases === true)
    return { encode: (encoder, [from], [to]) => { encoder.copy(from!, to!, deviceBytes(inputs[0]!)); } }; // prettier-ignore
  const kernel = kernelOf(equation, capabilities);
  if (typeof kernel === 'string') {
    context.announce(primitive, kernel);
    return timed(`${primitive} (host)`, onHost(equation, context), values, [equation], context);
  }
  const encode: EncodedCompute['encode'] = (encoder, from, to) => {
    encoder.run(kernel, [...from, ...to]);
  };
  return timed(primitive, { encode }, values, [equation], context);
}
