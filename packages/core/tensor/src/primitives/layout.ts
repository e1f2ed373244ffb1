import { ArgumentError, DTypeError, IndexError, ShapeError } from '../errors.js';
import type { Aval, Shape } from '../shape.js';
import { broadcastShapes, describe, formatShape, sameShape, sizeOf, stridesOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { allBatched } from './batching.js';
import * as p from './calls.js';
import { stridedCopy } from './kernels/strided.js';
import type { PrimitiveParameters } from './parameters.js';
import { definePrimitive } from './primitive.js';

export const layoutPrimitives = {
  full: definePrimitive<'full'>({
    name: 'full',
    shape: (_, { shape, dtype }) => [{ shape, dtype }],
    notDifferentiable: 'it has no inputs',
    batch: ({ size, params: { shape, value, dtype } }) => [p.full([size, ...shape], value, dtype)],
    kernel: (_, [out], { value }) => void out!.data.fill(value),
  }),

  iota: definePrimitive<'iota'>({
    name: 'iota',
    shape: (_, { shape, dtype, axis }) => {
      if (dtype === 'bool') throw new DTypeError('iota: positions are numbers; dtype bool cannot hold them');
      if (axis >= shape.length) throw new IndexError(`iota: shape ${formatShape(shape)} has no axis ${axis}`);
      return [{ shape, dtype }];
    },
    notDifferentiable: 'it has no inputs',
    batch: ({ size, params: { shape, axis, dtype } }) => [p.broadcastBatch(p.iota(shape, axis, dtype), size)],
    kernel: (_, [out], { axis }) => {
      const { data, shape } = out!;
      const length = shape[axis]!;
      const block = sizeOf(shape.slice(axis + 1));
      for (let i = 0; i < length; i++) data.fill(i, i * block, (i + 1) * block);
      const period = length * block;
      for (let start = period; start < data.length; start += period) data.copyWithin(start, 0, period);
    },
  }),

  reshape: definePrimitive<'reshape'>({
    name: 'reshape',
    aliases: true,
    shape: ([x], { shape }) => {
      if (sizeOf(shape) !== sizeOf(x!.shape)) {
        throw new ShapeError(
          `reshape: ${describe(x!)} has ${sizeOf(x!.shape)} elements, shape ${formatShape(shape)} needs ${sizeOf(shape)}`,
        );
      }
      return [{ shape, dtype: x!.dtype }];
    },
    jvp: ({ tangents: [t], params: { shape } }) => [p.reshape(t!, shape)],
    vjp: ({ inputs: [x], cotangents: [ct] }) => [p.reshape(ct!, x!.shape)],
    batch: ({ inputs: [x], size, params: { shape } }) => [p.reshape(x!, [size, ...shape])],
    kernel: ([x], [out]) => void out!.data.set(x!.data),
  }),

  transpose: definePrimitive<'transpose'>({
    name: 'transpose',
    shape: ([x], { permutation }) => {
      const sorted = [...permutation].sort((a, b) => a - b);
      if (permutation.length !== x!.shape.length || sorted.some((axis, i) => axis !== i)) {
        throw new ArgumentError(
          `transpose: ${formatShape(permutation)} is not an order of the ${x!.shape.length} axes of ${describe(x!)}`,
        );
      }
      return [{ shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype }];
    },
    jvp: ({ tangents: [t], params: { permutation } }) => [p.transpose(t!, permutation)],
    vjp: ({ cotangents: [ct], params: { permutation } }) => [
      p.transpose(
        ct!,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ],
    batch: ({ inputs: [x], params: { permutation } }) => [
      p.transpose(x!, [0, ...permutation.map((axis) => axis + 1)]),
    ],
    kernel: ([x], [out], { permutation }) => {
      const strides = stridesOf(x!.shape);
      const from = permutation.map((axis) => strides[axis]!);
      stridedCopy(x!.data, 0, from, out!.data, 0, stridesOf(out!.shape), out!.shape);
    },
  }),

  broadcastTo: definePrimitive<'broadcastTo'>({
    name: 'broadcastTo',
    shape: ([x], { shape }) => {
      const fits =
        x!.shape.length <= shape.length && sameShape(broadcastShapes('broadcastTo', x!.shape, shape), shape);
      if (!fits) {
        throw new ShapeError(
          `broadcastTo: ${describe(x!)} does not broadcast to ${formatShape(shape)}; ` +
            `aligned from the right, its sizes must be equal or 1`,
        );
      }
      return [{ shape, dtype: x!.dtype }];
    },
    jvp: ({ tangents: [t], params: { shape } }) => [p.broadcastTo(t!, shape)],
    vjp: ({ inputs: [x], cotangents: [ct] }) => [p.sumTo(ct!, x!.shape)],
    batch: ({ inputs: [x], size, params: { shape } }) => {
      const missing = new Array<number>(shape.length - (x!.ndim - 1)).fill(1);
      return [p.broadcastTo(p.reshape(x!, [size, ...missing, ...x!.shape.slice(1)]), [size, ...shape])];
    },
    kernel: ([x], [out]) => {
      const { shape } = out!;
      const offset = shape.length - x!.shape.length;
      const strides = stridesOf(x!.shape);
      const from = shape.map((_, axis) =>
        axis < offset || x!.shape[axis - offset] === 1 ? 0 : strides[axis - offset]!,
      );
      stridedCopy(x!.data, 0, from, out!.data, 0, stridesOf(shape), shape);
    },
  }),

  slice: definePrimitive<'slice'>({
    name: 'slice',
    shape: ([x], params) => [{ shape: slicedShape(x!, params), dtype: x!.dtype }],
    jvp: ({ tangents: [t], params: { starts, stops, steps } }) => [p.slice(t!, starts, stops, steps)],
    vjp: ({ inputs: [x], cotangents: [ct], params: { starts, steps } }) => {
      // The mirror image: steps become fillers between the elements, and what was left out is filled around them.
      const covered = ct!.shape.map((length, axis) => dilatedLength(length, steps[axis]! - 1));
      const high = x!.shape.map((length, axis) => length - starts[axis]! - covered[axis]!);
      return [p.pad(ct!, starts, high, steps.map((step) => step - 1), 0)]; // prettier-ignore
    },
    batch: ({ inputs: [x], size, params: { starts, stops, steps } }) => [
      p.slice(x!, [0, ...starts], [size, ...stops], [1, ...steps]),
    ],
    kernel: ([x], [out], { starts, steps }) => {
      const strides = stridesOf(x!.shape);
      const start = strides.reduce((offset, stride, axis) => offset + stride * starts[axis]!, 0);
      const from = strides.map((stride, axis) => stride * steps[axis]!);
      stridedCopy(x!.data, start, from, out!.data, 0, stridesOf(out!.shape), out!.shape);
    },
  }),

  pad: definePrimitive<'pad'>({
    name: 'pad',
    shape: ([x], params) => [{ shape: paddedShape(x!, params), dtype: x!.dtype }],
    jvp: ({ tangents: [t], params: { low, high, interior } }) => [p.pad(t!, low, high, interior, 0)],
    vjp: ({ inputs: [x], cotangents: [ct], params: { low, high, interior } }) => {
      // Cropped parts get zeros back; then the elements are picked out from between the fillers.
      const none = low.map(() => 0);
      const whole = p.pad(ct!, low.map(cropped), high.map(cropped), none, 0);
      const starts = low.map((n) => Math.max(0, n));
      const stops = starts.map((start, axis) => start + dilatedLength(x!.shape[axis]!, interior[axis]!));
      return [p.slice(whole, starts, stops, interior.map((n) => n + 1))]; // prettier-ignore
    },
    batch: ({ inputs: [x], params: { low, high, interior, value } }) => [
      p.pad(x!, [0, ...low], [0, ...high], [0, ...interior], value),
    ],
    kernel: ([x], [out], { low, interior, value }) => {
      out!.data.fill(value);
      const fromStrides = stridesOf(x!.shape);
      const toStrides = stridesOf(out!.shape);
      let from = 0;
      let to = 0;
      // Along each axis, the elements whose places low + i * step fall inside the output.
      const inside = x!.shape.map((length, axis) => {
        const step = interior[axis]! + 1;
        const first = Math.max(0, Math.ceil(-low[axis]! / step));
        const last = Math.min(length - 1, Math.floor((out!.shape[axis]! - 1 - low[axis]!) / step));
        from += first * fromStrides[axis]!;
        to += (low[axis]! + first * step) * toStrides[axis]!;
        return Math.max(0, last - first + 1);
      });
      const steps = toStrides.map((stride, axis) => stride * (interior[axis]! + 1));
      stridedCopy(x!.data, from, fromStrides, out!.data, to, steps, inside);
    },
  }),

  concat: definePrimitive<'concat'>({
    name: 'concat',
    shape: (inputs, { axis }) => [concatenated(inputs, axis)],
    jvp: ({ primals, tangents, params: { axis } }) => [
      p.concat(
        tangents.map((t, i) => t ?? p.zerosLike(primals[i]!)),
        axis,
      ),
    ],
    vjp: ({ inputs, cotangents: [ct], needs, params: { axis } }) => {
      let start = 0;
      return inputs.map((x, i) => {
        const starts = x.shape.map((_, a) => (a === axis ? start : 0));
        start += x.shape[axis]!;
        const stops = x.shape.map((length, a) => (a === axis ? start : length));
        return needs[i] ? p.slice(ct!, starts, stops) : null;
      });
    },
    batch: ({ inputs, batched, size, params: { axis } }) => [
      p.concat(allBatched(inputs, batched, size), axis + 1),
    ],
    kernel: (inputs, [out], { axis }) => {
      const strides = stridesOf(out!.shape);
      let start = 0;
      for (const x of inputs) {
        stridedCopy(x.data, 0, stridesOf(x.shape), out!.data, start, strides, x.shape);
        start += x.shape[axis]! * strides[axis]!;
      }
    },
  }),

  flip: definePrimitive<'flip'>({
    name: 'flip',
    shape: ([x], { axes }) => {
      for (const axis of axes)
        if (axis >= x!.shape.length) throw new IndexError(`flip: ${describe(x!)} has no axis ${axis}`);
      return [{ shape: x!.shape, dtype: x!.dtype }];
    },
    jvp: ({ tangents: [t], params: { axes } }) => [p.flip(t!, axes)],
    vjp: ({ cotangents: [ct], params: { axes } }) => [p.flip(ct!, axes)],
    batch: ({ inputs: [x], params: { axes } }) => [
      p.flip(
        x!,
        axes.map((axis) => axis + 1),
      ),
    ],
    kernel: ([x], [out], { axes }) => {
      const { shape } = x!;
      const strides = stridesOf(shape);
      const start = axes.reduce((offset, axis) => offset + (shape[axis]! - 1) * strides[axis]!, 0);
      const from = strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride));
      stridedCopy(x!.data, start, from, out!.data, 0, strides, shape);
    },
  }),

  stopGradient: definePrimitive<'stopGradient'>({
    name: 'stopGradient',
    aliases: true,
    shape: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
    notDifferentiable: 'that is its purpose: the value counts as a constant',
    batch: ({ inputs: [x] }): Tensor[] => [p.stopGradient(x!)],
    kernel: ([x], [out]) => void out!.data.set(x!.data),
  }),
};

function slicedShape(x: Aval, { starts, stops, steps }: PrimitiveParameters['slice']): Shape {
  if (![starts, stops, steps].every((list) => list.length === x.shape.length)) {
    throw new ArgumentError(`slice: ${describe(x)} needs one start, stop and step for each of its axes`);
  }
  return x.shape.map((length, axis) => {
    const [start, stop, step] = [starts[axis]!, stops[axis]!, steps[axis]!];
    if (start < 0 || stop > length || start > stop || step < 1) {
      throw new IndexError(
        `slice: ${start}..${stop} by ${step} is not inside axis ${axis} of ${describe(x)}; ` +
          `it must be 0 <= start <= stop <= ${length} with a step of at least 1`,
      );
    }
    return Math.ceil((stop - start) / step);
  });
}

function cropped(padding: number): number {
  return Math.max(0, -padding);
}

/** The length of `length` elements with `interior` fillers between neighbours. */
function dilatedLength(length: number, interior: number): number {
  return length === 0 ? 0 : length + (length - 1) * interior;
}

function paddedShape(x: Aval, { low, high, interior }: PrimitiveParameters['pad']): Shape {
  if (![low, high, interior].every((list) => list.length === x.shape.length)) {
    throw new ArgumentError(`pad: ${describe(x)} needs one width for each side of each of its axes`);
  }
  return x.shape.map((length, axis) => {
    const padded = dilatedLength(length, interior[axis]!) + low[axis]! + high[axis]!;
    if (padded < 0 || interior[axis]! < 0) {
      throw new ShapeError(
        `pad: widths ${low[axis]}, ${high[axis]} and ${interior[axis]} between elements leave axis ${axis} of ` +
          `${describe(x)} with the size ${padded}; it must be at least 0`,
      );
    }
    return padded;
  });
}

function concatenated(inputs: readonly Aval[], axis: number): Aval {
  const [first] = inputs;
  if (first === undefined) throw new ArgumentError('concat: got no tensors; give at least one');
  let total = 0;
  for (const x of inputs) {
    const fits =
      x.shape.length === first.shape.length && x.shape.every((n, a) => a === axis || n === first.shape[a]);
    if (!fits || axis >= first.shape.length) {
      throw new ShapeError(
        `concat: shapes ${inputs.map((input) => formatShape(input.shape)).join(', ')} do not fit along axis ${axis}; ` +
          `all other sizes must be equal`,
      );
    }
    if (x.dtype !== first.dtype) {
      throw new DTypeError(
        `concat: dtypes ${inputs.map((input) => input.dtype).join(', ')} differ; cast them to one`,
      );
    }
    total += x.shape[axis]!;
  }
  return { shape: first.shape.map((n, a) => (a === axis ? total : n)), dtype: first.dtype };
}
