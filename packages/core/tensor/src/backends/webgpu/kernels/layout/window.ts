import type { Aval, Shape } from '../../../../shape.js';
import { sizeOf, stridesOf } from '../../../../shape.js';
import type { Rule } from '../../kernel.js';
import type { ArrayUse } from '../../shader.js';
import { axesOf } from './axes.js';
import { moveKernel } from './move.js';

/** The axes along which a window can move: those that it does not fill. */
const movable = (shape: Shape, sizes: Shape): number[] =>
  shape.flatMap((length, axis) => (sizes[axis]! < length ? [axis] : []));

/** Reads a window's starts, whose arrays come from number `first` on: `start0`, …, clamped so that the window fits. */
function readStarts(axes: readonly number[], shape: Shape, sizes: Shape, first: number) {
  const arrays = axes.map((axis): ArrayUse => ({
    name: `s${axis}`,
    array: first + axis,
    dtype: 'int32',
    elements: 1,
    access: 'read',
  }));
  const lines = axes.map((axis) => {
    const most = shape[axis]! - sizes[axis]!;
    return `let start${axis} = u32(clamp(s${axis}_get(0u), 0, ${most}));`;
  });
  return { arrays, code: lines.join('\n  ') };
}

const placeOf = ({ shape }: Aval, array: number) => ({ array, elements: sizeOf(shape) });

const start = (axis: number, scale: number) => ({ name: `start${axis}`, scale });

export const dynamicSliceRule: Rule<'dynamicSlice'> = ({ inputs, outputs: [out] }, capabilities) => {
  const x = inputs[0]!;
  const sizes = out!.shape;
  const strides = stridesOf(x.shape);
  const axes = movable(x.shape, sizes);
  return moveKernel(
    {
      label: 'dynamicSlice',
      from: placeOf(x, 0),
      to: placeOf(out!, inputs.length),
      axes: axesOf(sizes, strides),
      offsets: axes.map((axis) => start(axis, strides[axis]!)),
      prepare: readStarts(axes, x.shape, sizes, 1),
    },
    capabilities,
  );
};

export const dynamicUpdateSliceRule: Rule<'dynamicUpdateSlice'> = (
  { inputs, outputs: [out] },
  capabilities,
) => {
  const [x, update] = [inputs[0]!, inputs[1]!];
  const sizes = update.shape;
  const strides = stridesOf(sizes);
  const axes = movable(x.shape, sizes);
  return moveKernel(
    {
      label: 'dynamicUpdateSlice',
      from: placeOf(update, 1),
      to: placeOf(out!, inputs.length),
      axes: x.shape.map((length, axis) => {
        const covered = !axes.includes(axis);
        const window = { start: start(axis, 1), extent: sizes[axis]!, step: 1 };
        return { length, stride: strides[axis]!, window: covered ? undefined : window };
      }),
      outside: placeOf(x, 0),
      prepare: readStarts(axes, x.shape, sizes, 2),
    },
    capabilities,
  );
};
