import { expect } from 'vitest';
import '../../src/index.js';
import { lookupPrimitive } from '../../src/primitives/primitive.js';
import { allocate } from '../../src/dtype.js';
import type { DType, TypedArray } from '../../src/dtype.js';
import { sizeOf } from '../../src/shape.js';
import type { Aval } from '../../src/shape.js';
import type { PrimitiveName, PrimitiveParameters } from '../../src/primitives/parameters.js';
import type { Problem, Rule } from '../../src/backends/webgpu/kernel.js';
import { contractRules } from '../../src/backends/webgpu/kernels/contract.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { runKernel } from './device.js';

type Contraction = 'matmul' | 'conv2d' | 'maxPoolIndices';

export interface Given<N extends PrimitiveName> {
  readonly params: PrimitiveParameters[N];
  readonly shapes: readonly (readonly number[])[];
  readonly dtype?: DType;
  /** By input; random numbers otherwise. */
  readonly data?: readonly (TypedArray | undefined)[];
}

let state = 1;
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

export function randomData(dtype: DType, size: number): TypedArray {
  const data = allocate(dtype, size);
  // Large integers, so that products wrap around.
  for (let i = 0; i < size; i++)
    data[i] = dtype === 'int32' ? random() * 2 ** 32 - 2 ** 31 : random() * 2 - 1;
  return data;
}

/** Runs the device's kernel and compares with the reference: ints exactly, floats to `tolerance` of max(1, |x|). */
export async function compare<N extends Contraction>(
  stream: Stream,
  name: N,
  { params, shapes, dtype = 'float32', data = [] }: Given<N>,
  tolerance = 3e-6,
  // The names' union is more than TypeScript can pair up.
  rule = contractRules[name] as Rule<N>,
): Promise<void> {
  const primitive = lookupPrimitive(name);
  const avals: Aval[] = shapes.map((shape) => ({ shape, dtype }));
  const [output] = primitive.shape(avals, params);
  const inputs = avals.map((aval, i) => ({
    ...aval,
    data: data[i] ?? randomData(dtype, sizeOf(aval.shape)),
  }));
  const size = sizeOf(output!.shape);
  const expected = allocate(output!.dtype, size);
  if (size > 0)
    primitive.kernel(inputs, [{ ...output!, data: expected }], params, () => {
      throw new Error('no programs here');
    });
  const problem = { primitive: name, params, inputs: avals, outputs: [output!] } as unknown as Problem<N>;
  const kernel = rule(problem, stream.gpu.capabilities);
  if (typeof kernel === 'string') throw new Error(kernel);
  const [actual] = await runKernel(stream, kernel, inputs.map((input) => input.data), [{ dtype: output!.dtype, elements: size }]); // prettier-ignore
  const what = `${name} ${JSON.stringify(shapes)} ${JSON.stringify(params)}`;
  for (let i = 0; i < size; i++) {
    const [got, wanted] = [actual![i]!, expected[i]!];
    const same =
      Object.is(got, wanted) || got === wanted || Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted)); // prettier-ignore
    if (!same) expect.fail(`${what}: element ${i} is ${got}, not ${wanted}`);
  }
}
