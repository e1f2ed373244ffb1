import { operationsOf } from '../../program/operations.js';
import type { Equation } from '../../program/program.js';
import type { Aval } from '../../shape.js';
import type { Compute, Context } from './compute.js';
import { deviceBytes } from './elements.js';

/**
 * The same computation, told to the profile while one is taken. The time is the caller's, for writing it down: the device
 * computes later.
 */
export function timed(
  name: string,
  compute: Compute,
  values: readonly Aval[],
  equations: readonly Equation<Aval>[],
  context: Context,
): Compute {
  const bytes = values.reduce((sum, value) => sum + deviceBytes(value), 0);
  const operations = equations.reduce((sum, equation) => sum + operationsOf(equation), 0);
  if ('perform' in compute) return { perform: compute.perform, tally: [{ name, bytes, operations }] };
  const { encode } = compute;
  return {
    encode(encoder, inputs, outputs) {
      if (context.recorder === undefined) {
        encode(encoder, inputs, outputs);
        return;
      }
      const start = performance.now();
      encode(encoder, inputs, outputs);
      context.recorder(name, performance.now() - start, bytes, operations);
    },
  };
}
