import '../../src/index.js';
import type { TypedArray } from '../../src/dtype.js';
import type { Problem, Rule } from '../../src/backends/webgpu/kernel.js';
import { layoutRules } from '../../src/backends/webgpu/kernels/layout.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import type { PrimitiveName, PrimitiveParameters } from '../../src/primitives/parameters.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { lookupPrimitive } from '../../src/primitives/primitive.js';
import { sizeOf } from '../../src/shape.js';
import { runKernel as runReference } from '../support/kernels.js';
import { runKernel } from './device.js';

/** What the device and the reference kernel compute for one problem; undefined where the output has no elements. */
export async function computeBoth<N extends PrimitiveName>(
  stream: Stream,
  name: N,
  inputs: readonly HostArray[],
  params: PrimitiveParameters[N],
): Promise<{ got: TypedArray; expected: TypedArray } | undefined> {
  const primitive = lookupPrimitive(name);
  const outputs = primitive.shape(inputs, params);
  const [out] = outputs;
  if (sizeOf(out!.shape) === 0) return undefined;
  const rule = layoutRules[name] as Rule<N>;
  const problem = { primitive: name, params, inputs, outputs } as unknown as Problem<N>;
  const kernel = rule(problem, stream.gpu.capabilities);
  if (typeof kernel === 'string') throw new Error(kernel);
  const [got] = await runKernel(
    stream,
    kernel,
    inputs.map(({ data }) => data),
    [{ dtype: out!.dtype, elements: sizeOf(out!.shape) }],
  );
  return { got: got!, expected: runReference(primitive, inputs, params).data };
}
