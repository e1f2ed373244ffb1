import { expect } from 'vitest';
import type { TypedArray } from '../../src/dtype.js';
import type { Rule } from '../../src/backends/webgpu/kernel.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import type { Equation } from '../../src/program/program.js';
import type { PrimitiveName, PrimitiveParameters } from '../../src/primitives/parameters.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { lookupPrimitive } from '../../src/primitives/primitive.js';
import { sizeOf } from '../../src/shape.js';
import { runKernel as runReference } from '../support/kernels.js';
import { runKernel } from './device.js';

/** The first element that is not as wanted, in words; floats may differ by `tolerance` relative to the larger of 1 and what is wanted. */
export function difference(got: TypedArray, wanted: TypedArray, tolerance: number): string | undefined {
  if (got.length !== wanted.length) return `${got.length} elements instead of ${wanted.length}`;
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, wanted[i]!];
    const allowed = got instanceof Float32Array ? tolerance * Math.max(1, Math.abs(b)) : 0;
    if (!Object.is(a, b) && a !== b && !(Math.abs(a - b) <= allowed))
      return `element ${i}: ${a} instead of ${b}`;
  }
  return undefined;
}

/** Expects a rule's kernel to give what the reference gives. */
export async function checkRule<N extends PrimitiveName>(
  stream: Stream,
  primitive: N,
  rule: Rule<N>,
  inputs: readonly HostArray[],
  params: PrimitiveParameters[N],
  tolerance = 3e-6,
): Promise<void> {
  const wanted = runReference<N>(lookupPrimitive(primitive), inputs, params);
  const problem = { primitive, params, inputs, outputs: [wanted] } as unknown as Equation;
  const kernel = rule(problem as Parameters<Rule<N>>[0], stream.gpu.capabilities);
  if (typeof kernel === 'string') throw new Error(kernel);
  const [got] = await runKernel(
    stream,
    kernel,
    inputs.map(({ data }) => data),
    [{ dtype: wanted.dtype, elements: sizeOf(wanted.shape) }],
  );
  const what = `${primitive} ${JSON.stringify(params)} of ${inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(' and ')}`;
  expect(difference(got!, wanted.data, tolerance), what).toBeUndefined();
}
