import type { DType } from '../../../../dtype.js';
import { allocate } from '../../../../dtype.js';
import { sizeOf } from '../../../../shape.js';
import type { Rule } from '../../kernel.js';
import { paddedBytes, pass } from '../../shader.js';
import { threadsOf } from './move.js';

/** The bits that stand for a value on the device, as an int32: any value can be written so, NaN too. */
export function wordOf(value: number, dtype: DType): number {
  const stored = allocate(dtype, 1).fill(value);
  return stored instanceof Float32Array ? new Int32Array(stored.buffer)[0]! : stored[0]!;
}

export const fullRule: Rule<'full'> = ({ outputs: [out], params: { value } }, capabilities) => {
  const elements = sizeOf(out!.shape);
  const size = threadsOf(capabilities);
  return {
    passes: [
      pass({
        label: 'full',
        capabilities,
        arrays: [{ name: 'y', array: 0, dtype: 'int32', elements, access: 'write', width: 4 }],
        size,
        groups: Math.ceil(paddedBytes(elements) / 16 / size),
        main: `if (thread < y_length()) { y_set(thread, vec4<i32>(${wordOf(value, out!.dtype)})); }`,
      }),
    ],
  };
};

export const iotaRule: Rule<'iota'> = ({ outputs: [out], params: { axis } }, capabilities) => {
  const { shape, dtype } = out!;
  const elements = sizeOf(shape);
  const block = sizeOf(shape.slice(axis + 1));
  const size = threadsOf(capabilities);
  const blocks = block === 1 ? 'i' : `i / ${block}u`;
  // Where nothing comes before the axis, its numbers do not begin again.
  const position = block * shape[axis]! === elements ? blocks : `${blocks} % ${shape[axis]!}u`;
  return {
    passes: [
      pass({
        label: 'iota',
        capabilities,
        arrays: [{ name: 'y', array: 0, dtype, elements, access: 'write', width: 4 }],
        size,
        groups: Math.ceil(paddedBytes(elements) / 16 / size),
        main: `
  if (thread >= y_length()) { return; }
  let i = 4u * thread + vec4<u32>(0u, 1u, 2u, 3u);
  y_set(thread, vec4<${dtype === 'int32' ? 'i32' : 'f32'}>(${position}));`,
      }),
    ],
  };
};
