import { DTypeError, IndexError, ShapeError } from '../errors.js';
import type { Aval, Shape } from '../shape.js';
import { describe, formatShape, reducedShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import * as p from './calls.js';
import {
  argExtremeKernel,
  cumsumKernel,
  maxKernel,
  minKernel,
  prodKernel,
  sumKernel,
} from './kernels/reduce.js';
import { argsortKernel } from './kernels/sort.js';
import { definePrimitive } from './primitive.js';

const positions = 'positions are integers and do not change when the elements move a little';

export const reducePrimitives = {
  sum: definePrimitive<'sum'>({
    name: 'sum',
    shape: ([x], { axes }) => [reduced('sum', numeric('sum', x!), axes)],
    jvp: ({ tangents: [t], params: { axes } }) => [p.sum(t!, axes)],
    vjp: ({ inputs: [x], cotangents: [ct], params: { axes } }) => [spread(ct!, axes, x!.shape)],
    batch: ({ inputs: [x], params: { axes } }) => [p.sum(x!, inner(axes))],
    kernel: ([x], [out], { axes }) => sumKernel(x!, out!, axes),
  }),

  prod: definePrimitive<'prod'>({
    name: 'prod',
    shape: ([x], { axes }) => [reduced('prod', numeric('prod', x!), axes)],
    jvp: ({ primals: [x], tangents: [t], params: { axes } }) => [
      p.sum(p.mul(t!, productsOfOthers(x!, axes)), axes),
    ],
    vjp: ({ inputs: [x], cotangents: [ct], params: { axes } }) => [
      p.mul(spread(ct!, axes, x!.shape), productsOfOthers(x!, axes)),
    ],
    batch: ({ inputs: [x], params: { axes } }) => [p.prod(x!, inner(axes))],
    kernel: ([x], [out], { axes }) => prodKernel(x!, out!, axes),
  }),

  reduceMax: definePrimitive<'reduceMax'>({
    name: 'reduceMax',
    shape: ([x], { axes }) => [reduced('max', nonEmpty('max', x!, axes), axes)],
    jvp: ({ primals: [x], tangents: [t], outputs: [y], params: { axes } }) => [
      p.sum(p.mul(t!, shareOfExtreme(x!, y!, axes)), axes),
    ],
    vjp: ({ inputs: [x], outputs: [y], cotangents: [ct], params: { axes } }) => [
      p.mul(spread(ct!, axes, x!.shape), shareOfExtreme(x!, y!, axes)),
    ],
    batch: ({ inputs: [x], params: { axes } }) => [p.reduceMax(x!, inner(axes))],
    kernel: ([x], [out], { axes }) => maxKernel(x!, out!, axes),
  }),

  reduceMin: definePrimitive<'reduceMin'>({
    name: 'reduceMin',
    shape: ([x], { axes }) => [reduced('min', nonEmpty('min', x!, axes), axes)],
    jvp: ({ primals: [x], tangents: [t], outputs: [y], params: { axes } }) => [
      p.sum(p.mul(t!, shareOfExtreme(x!, y!, axes)), axes),
    ],
    vjp: ({ inputs: [x], outputs: [y], cotangents: [ct], params: { axes } }) => [
      p.mul(spread(ct!, axes, x!.shape), shareOfExtreme(x!, y!, axes)),
    ],
    batch: ({ inputs: [x], params: { axes } }) => [p.reduceMin(x!, inner(axes))],
    kernel: ([x], [out], { axes }) => minKernel(x!, out!, axes),
  }),

  argMax: definePrimitive<'argMax'>({
    name: 'argMax',
    shape: ([x], { axis }) => [
      { ...reduced('argmax', nonEmpty('argmax', x!, [axis]), [axis]), dtype: 'int32' },
    ],
    notDifferentiable: positions,
    batch: ({ inputs: [x], params: { axis } }) => [p.argMax(x!, axis + 1)],
    kernel: ([x], [out], { axis }) => argExtremeKernel(x!, out!, axis, true),
  }),

  argMin: definePrimitive<'argMin'>({
    name: 'argMin',
    shape: ([x], { axis }) => [
      { ...reduced('argmin', nonEmpty('argmin', x!, [axis]), [axis]), dtype: 'int32' },
    ],
    notDifferentiable: positions,
    batch: ({ inputs: [x], params: { axis } }) => [p.argMin(x!, axis + 1)],
    kernel: ([x], [out], { axis }) => argExtremeKernel(x!, out!, axis, false),
  }),

  cumsum: definePrimitive<'cumsum'>({
    name: 'cumsum',
    shape: ([x], { axis }) => {
      checkAxes('cumsum', x!, [axis]);
      return [{ shape: x!.shape, dtype: numeric('cumsum', x!).dtype }];
    },
    jvp: ({ tangents: [t], params: { axis, reverse } }) => [p.cumsum(t!, axis, reverse)],
    vjp: ({ cotangents: [ct], params: { axis, reverse } }) => [p.cumsum(ct!, axis, !reverse)],
    batch: ({ inputs: [x], params: { axis, reverse } }) => [p.cumsum(x!, axis + 1, reverse)],
    kernel: ([x], [out], { axis, reverse }) => cumsumKernel(x!, out!, axis, reverse),
  }),

  argsort: definePrimitive<'argsort'>({
    name: 'argsort',
    shape: ([x], { axis }) => {
      checkAxes('argsort', x!, [axis]);
      return [{ shape: x!.shape, dtype: 'int32' }];
    },
    notDifferentiable: positions,
    batch: ({ inputs: [x], params: { axis, descending } }) => [p.argsort(x!, axis + 1, descending)],
    kernel: ([x], [out], { axis, descending }) => argsortKernel(x!, out!, axis, descending),
  }),
};

/** Axes of the same thing behind a batch axis. */
function inner(axes: readonly number[]): number[] {
  return axes.map((axis) => axis + 1);
}

function checkAxes(op: string, x: Aval, axes: readonly number[]): void {
  for (const axis of axes) {
    if (axis < 0 || axis >= x.shape.length) throw new IndexError(`${op}: ${describe(x)} has no axis ${axis}`);
  }
}

function reduced(op: string, x: Aval, axes: readonly number[]): Aval {
  checkAxes(op, x, axes);
  return { shape: reducedShape(x.shape, axes), dtype: x.dtype };
}

function numeric(op: string, x: Aval): Aval {
  if (x.dtype === 'bool')
    throw new DTypeError(`${op}: got ${describe(x)}; cast it to int32 to count what is true`);
  return x;
}

function nonEmpty(op: string, x: Aval, axes: readonly number[]): Aval {
  checkAxes(op, x, axes);
  if (axes.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError(
      `${op}: ${describe(x)} has no elements along axes ${formatShape(axes)}, so there is no extreme; axes must not be empty`,
    );
  }
  return x;
}

/** Broadcasts a reduction's cotangent back over the axes that were reduced. */
function spread(ct: Tensor, axes: readonly number[], shape: Shape): Tensor {
  return p.broadcastTo(p.reshape(ct, reducedShape(shape, axes, true)), shape);
}

/** 1/k at each of the k elements equal to the extreme, 0 elsewhere: ties share the derivative, which keeps it symmetric. */
function shareOfExtreme(x: Tensor, extreme: Tensor, axes: readonly number[]): Tensor {
  const chosen = p.cast(p.equal(x, spread(extreme, axes, x.shape)), x.dtype);
  return p.div(chosen, spread(p.sum(chosen, axes), axes, x.shape));
}

/**
 * For every element the product of all others that are reduced with it: the derivative of their product, also where
 * some are zero (dividing the product by the element would not be), and made of products, so that it can be
 * differentiated again.
 */
function productsOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...axes, ...kept];
  const front = p.transpose(x, order);
  const length = axes.reduce((size, axis) => size * x.shape[axis]!, 1);
  const rest = kept.reduce((size, axis) => size * x.shape[axis]!, 1);
  const others = productsOfOtherRows(p.reshape(front, [length, rest]));
  const back = x.shape.map((_, axis) => order.indexOf(axis));
  return p.transpose(p.reshape(others, front.shape), back);
}

/**
 * By halves: pair row i of the first half with row i of the second; the product of all rows but one is that of all
 * pairs but its own, times its partner. Linear work in all, with a logarithmic number of steps.
 */
function productsOfOtherRows(rows: Tensor): Tensor {
  const [length, width] = rows.shape as [number, number];
  if (length <= 1) return p.full(rows.shape, 1, rows.dtype);
  const half = Math.ceil(length / 2);
  const even = p.pad(rows, [0, 0], [2 * half - length, 0], [0, 0], 1);
  const first = p.slice(even, [0, 0], [half, width]);
  const second = p.slice(even, [half, 0], [2 * half, width]);
  const otherPairs = productsOfOtherRows(p.mul(first, second));
  const both = p.concat([p.mul(otherPairs, second), p.mul(otherPairs, first)], 0);
  return p.slice(both, [0, 0], [length, width]);
}
