import { sizeOf, stridesOf } from '../../../../shape.js';
import type { Rule } from '../../kernel.js';
import { moveKernel } from './move.js';
import { wordOf } from './create.js';

export const padRule: Rule<'pad'> = ({ inputs: [x], outputs: [out], params }, capabilities) => {
  const { low, high, interior, value } = params;
  const strides = stridesOf(x!.shape);
  const axes = out!.shape.map((length, axis) => {
    const stride = strides[axis]!;
    const size = x!.shape[axis]!;
    const step = interior[axis]! + 1;
    if (low[axis] === 0 && high[axis] === 0 && (step === 1 || size === 1)) return { length, stride };
    const extent = size === 0 ? 0 : (size - 1) * step + 1;
    return { length, stride, window: { start: low[axis]!, extent, step: size === 1 ? 1 : step } };
  });
  return moveKernel(
    {
      label: 'pad',
      from: { array: 0, elements: sizeOf(x!.shape) },
      to: { array: 1, elements: sizeOf(out!.shape) },
      axes,
      outside: wordOf(value, out!.dtype),
    },
    capabilities,
  );
};
