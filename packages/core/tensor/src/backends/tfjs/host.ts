import { allocate } from '../../dtype.js';
import type { PrimitiveName } from '../../primitives/parameters.js';
import type { HostArray, Kernel } from '../../primitives/primitive.js';
import { lookupPrimitive } from '../../primitives/primitive.js';
import type { Equation } from '../../program/program.js';
import type { Aval } from '../../shape.js';
import { sizeOf } from '../../shape.js';
import type { Device } from './device.js';
import type { TfjsTensor } from './types.js';

/** A primitive by its record's reference kernel: its inputs are copied out, its results in. */
export function onHost(
  { primitive, params, inputs, outputs }: Equation<Aval>,
  device: Device,
): (values: readonly TfjsTensor[]) => TfjsTensor[] {
  const { kernel } = lookupPrimitive<PrimitiveName>(primitive) as { kernel: Kernel<PrimitiveName> };
  return (values) => {
    const from = values.map((value, i): HostArray => ({
      ...avalOf(inputs[i]!),
      data: device.read(value, inputs[i]!),
    }));
    const to = outputs.map((output): HostArray => ({
      ...avalOf(output),
      data: allocate(output.dtype, sizeOf(output.shape)),
    }));
    kernel(from, to, params, noPrograms);
    return to.map((output) => device.make(output.data, output));
  };
}

const avalOf = ({ shape, dtype }: Aval): Aval => ({ shape, dtype });

function noPrograms(): never {
  throw new Error('a primitive that carries programs is not computed on the host');
}
