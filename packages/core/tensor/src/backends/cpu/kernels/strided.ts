import { bytesPerElement } from '../../../dtype.js';
import type { Aval } from '../../../shape.js';
import { stridesOf } from '../../../shape.js';
import type { KernelFactory } from '../kernel.js';
import { stridedCopy } from './strided/copy.js';
import type { Width } from './strided/runs.js';

export const widthOf = ({ dtype }: Aval): Width => bytesPerElement(dtype) as Width;

export const broadcastToKernel: KernelFactory<'broadcastTo'> = ({ inputs: [x], outputs: [out] }, engine) => {
  const { shape } = out!;
  const added = shape.length - x!.shape.length;
  const strides = stridesOf(x!.shape);
  // An axis of size 1 is read again and again.
  const from = shape.map((_, axis) =>
    axis < added || x!.shape[axis - added] === 1 ? 0 : strides[axis - added]!,
  );
  const copy = stridedCopy(engine, widthOf(x!), shape, from, stridesOf(shape));
  return ([source, target]) => copy(source!, target!);
};

export const sliceKernel: KernelFactory<'slice'> = ({ inputs: [x], outputs: [out], params }, engine) => {
  const { starts, steps } = params;
  const strides = stridesOf(x!.shape);
  const width = widthOf(x!);
  const start = width * strides.reduce((offset, stride, axis) => offset + stride * starts[axis]!, 0);
  const from = strides.map((stride, axis) => stride * steps[axis]!);
  const copy = stridedCopy(engine, width, out!.shape, from, stridesOf(out!.shape));
  return ([source, target]) => copy(source! + start, target!);
};

export const flipKernel: KernelFactory<'flip'> = ({ inputs: [x], params: { axes } }, engine) => {
  const { shape } = x!;
  const strides = stridesOf(shape);
  const width = widthOf(x!);
  // The last element along each flipped axis comes first.
  const start = width * axes.reduce((offset, axis) => offset + (shape[axis]! - 1) * strides[axis]!, 0);
  const from = strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride));
  const copy = stridedCopy(engine, width, shape, from, strides);
  return ([source, target]) => copy(source! + start, target!);
};

export const concatKernel: KernelFactory<'concat'> = (
  { inputs, outputs: [out], params: { axis } },
  engine,
) => {
  const strides = stridesOf(out!.shape);
  const width = widthOf(out!);
  let start = 0;
  const parts = inputs.map((x) => {
    const copy = stridedCopy(engine, width, x.shape, stridesOf(x.shape), strides);
    const offset = start * width;
    start += x.shape[axis]! * strides[axis]!;
    return { copy, offset };
  });
  return (addresses) => {
    const target = addresses[parts.length]!;
    for (let i = 0; i < parts.length; i++) parts[i]!.copy(addresses[i]!, target + parts[i]!.offset);
  };
};
