import { expect } from 'vitest';
import '../../src/index.js';
import type { TypedArray } from '../../src/dtype.js';
import type { Capabilities, Kernel, Problem } from '../../src/backends/webgpu/kernel.js';
import { kernelOf } from '../../src/backends/webgpu/kernels/index.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import type { PrimitiveName, PrimitiveParameters } from '../../src/primitives/parameters.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { lookupPrimitive } from '../../src/primitives/primitive.js';
import { sizeOf } from '../../src/shape.js';
import { runKernel as runReference } from '../support/kernels.js';
import { runKernel } from './device.js';

type MakeKernel<N extends PrimitiveName> = (
  problem: Problem<N>,
  capabilities: Capabilities,
) => Kernel | string;

/** What the device and the reference kernel compute for one problem. */
export async function computeBoth<N extends PrimitiveName>(
  stream: Stream,
  name: N,
  inputs: readonly HostArray[],
  params: PrimitiveParameters[N],
  makeKernel: MakeKernel<N> = kernelOf,
): Promise<{ got: TypedArray; wanted: TypedArray }> {
  const primitive = lookupPrimitive(name);
  const outputs = primitive.shape(inputs, params);
  const [{ shape, dtype }] = outputs as [(typeof outputs)[number]];
  const elements = sizeOf(shape);
  const compute = async (): Promise<TypedArray> => {
    const problem = { primitive: name, params, inputs, outputs } as unknown as Problem<N>;
    const kernel = makeKernel(problem, stream.gpu.capabilities);
    if (typeof kernel === 'string') throw new Error(kernel);
    const given = inputs.map(({ data }) => data);
    const [got] = await runKernel(stream, kernel, given, [{ dtype, elements }]);
    return got!;
  };
  // What has no elements is not the device's to compute. Its own errors are of interest, so it goes first.
  const got = elements === 0 ? undefined : await compute();
  const wanted = runReference(primitive, inputs, params).data;
  return { got: got ?? wanted, wanted };
}

/**
 * The first element that is not as wanted, in words. Floats may differ by `tolerance` relative to the larger of 1 and what
 * is wanted; where it is 0, not even in the sign of a zero.
 */
export function difference(got: TypedArray, wanted: TypedArray, tolerance: number): string | undefined {
  if (got.length !== wanted.length) return `${got.length} elements instead of ${wanted.length}`;
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, wanted[i]!];
    if (Object.is(a, b)) continue;
    const allowed = got instanceof Float32Array ? tolerance * Math.max(1, Math.abs(b)) : 0;
    // Infinities may be equal, though not near.
    if (allowed > 0 && (a === b || Math.abs(a - b) <= allowed)) continue;
    return `element ${i}: ${a} instead of ${b}`;
  }
  return undefined;
}

/** Expects the device to compute what the reference kernel does. */
export async function checkRule<N extends PrimitiveName>(
  stream: Stream,
  name: N,
  inputs: readonly HostArray[],
  params: PrimitiveParameters[N],
  tolerance = 3e-6,
  makeKernel: MakeKernel<N> = kernelOf,
): Promise<void> {
  const { got, wanted } = await computeBoth(stream, name, inputs, params, makeKernel);
  const what = `${name} ${JSON.stringify(params)} of ${inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(' and ')}`;
  expect(difference(got, wanted, tolerance), what).toBeUndefined();
}
