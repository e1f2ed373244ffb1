import { sizeOf, stridesOf } from '../../../../shape.js';
import type { Rule } from '../../kernel.js';
import { axesOf } from './axes.js';
import { moveKernel } from './move.js';

export const broadcastToRule: Rule<'broadcastTo'> = ({ inputs: [x], outputs: [out] }, capabilities) => {
  const { shape } = out!;
  const added = shape.length - x!.shape.length;
  const strides = stridesOf(x!.shape);
  // An axis of size 1 is read again and again.
  const from = shape.map((_, axis) =>
    axis < added || x!.shape[axis - added] === 1 ? 0 : strides[axis - added]!,
  );
  return moveKernel(
    {
      label: 'broadcastTo',
      from: { array: 0, elements: sizeOf(x!.shape) },
      to: { array: 1, elements: sizeOf(shape) },
      axes: axesOf(shape, from),
    },
    capabilities,
  );
};

export const sliceRule: Rule<'slice'> = ({ inputs: [x], outputs: [out], params }, capabilities) => {
  const { starts, steps } = params;
  const strides = stridesOf(x!.shape);
  return moveKernel(
    {
      label: 'slice',
      from: { array: 0, elements: sizeOf(x!.shape) },
      to: { array: 1, elements: sizeOf(out!.shape) },
      axes: axesOf(
        out!.shape,
        strides.map((stride, axis) => stride * steps[axis]!),
      ),
      start: strides.reduce((offset, stride, axis) => offset + stride * starts[axis]!, 0),
    },
    capabilities,
  );
};

export const flipRule: Rule<'flip'> = ({ inputs: [x], params: { axes } }, capabilities) => {
  const { shape } = x!;
  const strides = stridesOf(shape);
  const elements = sizeOf(shape);
  return moveKernel(
    {
      label: 'flip',
      from: { array: 0, elements },
      to: { array: 1, elements },
      axes: axesOf(
        shape,
        strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
      ),
      // The last element along each flipped axis comes first.
      start: axes.reduce((offset, axis) => offset + (shape[axis]! - 1) * strides[axis]!, 0),
    },
    capabilities,
  );
};
