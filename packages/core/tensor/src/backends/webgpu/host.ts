import type { Equation } from '../../program/program.js';
import type { Aval } from '../../shape.js';
import type { BufferHandle } from '../backend.js';
import type { Compute, Context } from './compute.js';
import { deviceBytes, fromDevice, toDevice } from './elements.js';

/** A primitive on the CPU engine: its inputs are copied out of the device, its results in. */
export function onHost(equation: Equation<Aval>, context: Context): Compute {
  const { cpu } = context;
  const { inputs, outputs } = equation;
  return {
    async perform({ fetch, encoder }, from, to) {
      const data = await Promise.all(
        inputs.map(async (input, i) => fromDevice(await fetch(from[i]!, deviceBytes(input)), input)),
      );
      const taken: BufferHandle[] = [];
      try {
        data.forEach((elements) => taken.push(cpu.upload(elements)));
        const results = cpu.dispatch(equation, taken);
        taken.push(...results);
        results.forEach((result, i) => {
          encoder.write(to[i]!, toDevice(cpu.readSync(result, outputs[i]!)));
        });
      } finally {
        taken.forEach((handle) => {
          cpu.release(handle);
        });
      }
    },
    tally: [],
  };
}
