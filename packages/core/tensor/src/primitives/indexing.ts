import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import type { Aval } from '../shape.js';
import { describe, sizeOf, stridesOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { allBatched } from './batching.js';
import * as p from './calls.js';
import {
  dynamicSliceKernel,
  dynamicUpdateSliceKernel,
  gatherKernel,
  scatterAddKernel,
} from './kernels/indexing.js';
import { definePrimitive } from './primitive.js';

export const indexingPrimitives = {
  dynamicSlice: definePrimitive<'dynamicSlice'>({
    name: 'dynamicSlice',
    shape: ([x, ...starts], { sizes }) => {
      checkWindow('dynamicSlice', x!, sizes, starts);
      return [{ shape: sizes, dtype: x!.dtype }];
    },
    jvp: ({ primals: [, ...starts], tangents: [t], params: { sizes } }) => [
      t == null ? null : p.dynamicSlice(t, starts, sizes),
    ],
    vjp: ({ inputs: [x, ...starts], cotangents: [ct], needs }) => [
      needs[0] ? p.dynamicUpdateSlice(p.zerosLike(x!), ct!, starts) : null,
      ...starts.map(() => null),
    ],
    batch: ({ inputs: [x, ...starts], batched: [xBatched, ...startBatched], size, params: { sizes } }) => {
      if (!startBatched.includes(true))
        return [p.dynamicSlice(x!, [p.scalar(0, 'int32'), ...starts], [size, ...sizes])];
      const shape = xBatched ? x!.shape.slice(1) : x!.shape;
      const places = windowPlaces(shape, sizes, starts, startBatched, size);
      const rows = p.reshape(x!, [xBatched ? size : 1, sizeOf(shape), 1]);
      return [p.reshape(p.gather(rows, places), [size, ...sizes])];
    },
    kernel: ([x, ...starts], [out]) => dynamicSliceKernel(x!, starts, out!),
  }),

  dynamicUpdateSlice: definePrimitive<'dynamicUpdateSlice'>({
    name: 'dynamicUpdateSlice',
    shape: ([x, update, ...starts]) => {
      if (x!.dtype !== update!.dtype) {
        throw new DTypeError(
          `dynamicUpdateSlice: ${describe(x!)} takes no update ${describe(update!)}; cast one of them`,
        );
      }
      checkWindow('dynamicUpdateSlice', x!, update!.shape, starts);
      return [{ shape: x!.shape, dtype: x!.dtype }];
    },
    jvp: ({ primals: [x, update, ...starts], tangents: [tx, tu] }) => [
      tx == null && tu == null
        ? null
        : p.dynamicUpdateSlice(tx ?? p.zerosLike(x!), tu ?? p.zerosLike(update!), starts),
    ],
    vjp: ({ inputs: [, update, ...starts], cotangents: [ct], needs }) => [
      needs[0] ? p.dynamicUpdateSlice(ct!, p.zerosLike(update!), starts) : null,
      needs[1] ? p.dynamicSlice(ct!, starts, update!.shape) : null,
      ...starts.map(() => null),
    ],
    batch: ({ inputs, batched, size }) => {
      const [x, update] = allBatched(inputs.slice(0, 2), batched.slice(0, 2), size) as [Tensor, Tensor];
      const starts = inputs.slice(2);
      const startBatched = batched.slice(2);
      if (!startBatched.includes(true))
        return [p.dynamicUpdateSlice(x, update, [p.scalar(0, 'int32'), ...starts])];
      // Each window lies elsewhere: scatter the updates, and a mark of where they went, into zeros; then choose.
      const shape = x.shape.slice(1);
      const count = sizeOf(update.shape.slice(1));
      const places = windowPlaces(shape, update.shape.slice(1), starts, startBatched, size);
      const scatter = (rows: Tensor): Tensor => {
        const zeros = p.full([size, sizeOf(shape), 1], 0, rows.dtype);
        return p.reshape(p.scatterAdd(zeros, places, p.reshape(rows, [size, count, 1])), x.shape);
      };
      const marked = p.cast(scatter(p.full([size, count, 1], 1, 'int32')), 'bool');
      const placed = p.cast(scatter(x.dtype === 'bool' ? p.cast(update, 'int32') : update), x.dtype);
      return [p.where(marked, placed, x)];
    },
    kernel: ([x, update, ...starts], [out]) => dynamicUpdateSliceKernel(x!, update!, starts, out!),
  }),

  gather: definePrimitive<'gather'>({
    name: 'gather',
    shape: ([x, indices]) => {
      const batches = checkRows('gather', x!, indices!, x!.shape[0]!);
      return [{ shape: [batches, indices!.shape[1]!, x!.shape[2]!], dtype: x!.dtype }];
    },
    jvp: ({ primals: [, indices], tangents: [t] }) => [t == null ? null : p.gather(t, indices!)],
    vjp: ({ inputs: [x, indices], cotangents: [ct], needs }) => {
      if (!needs[0]) return [null, null];
      const [batches, count, width] = ct!.shape as [number, number, number];
      if (x!.shape[0] === batches) return [p.scatterAdd(p.zerosLike(x!), indices!, ct!), null];
      // One table was read by every batch: all their rows go back into it.
      const flat = p.reshape(p.broadcastTo(indices!, [batches, count]), [1, batches * count]);
      return [p.scatterAdd(p.zerosLike(x!), flat, p.reshape(ct!, [1, batches * count, width])), null];
    },
    batch: ({ inputs: [x, indices], batched: [xBatched, indicesBatched], size }) => {
      const [xBatches, length, width] = x!.shape.slice(-3) as [number, number, number];
      const [indexBatches, count] = indices!.shape.slice(-2) as [number, number];
      const batches = xBatches === 1 ? indexBatches : xBatches;
      const rows =
        !xBatched && xBatches === 1
          ? x!
          : p.reshape(p.broadcastTo(atAxis1(x!, xBatched!), [size, batches, length, width]), [
              size * batches,
              length,
              width,
            ]);
      const chosen =
        !indicesBatched && indexBatches === 1
          ? indices!
          : p.reshape(p.broadcastTo(atAxis1(indices!, indicesBatched!), [size, batches, count]), [
              size * batches,
              count,
            ]);
      return [p.reshape(p.gather(rows, chosen), [size, batches, count, width])];
    },
    kernel: ([x, indices], [out]) => gatherKernel(x!, indices!, out!),
  }),

  scatterAdd: definePrimitive<'scatterAdd'>({
    name: 'scatterAdd',
    shape: ([x, indices, updates]) => {
      const batches = checkRows('scatterAdd', x!, indices!, x!.shape[0]!);
      const [b, m, d] = updates!.shape;
      if (
        updates!.shape.length !== 3 ||
        b !== batches ||
        b !== x!.shape[0] ||
        m !== indices!.shape[1] ||
        d !== x!.shape[2]
      ) {
        throw new ShapeError(
          `scatterAdd: updates ${describe(updates!)} do not fit x ${describe(x!)} and indices ${describe(indices!)}`,
        );
      }
      if (x!.dtype !== updates!.dtype || x!.dtype === 'bool') {
        throw new DTypeError(
          `scatterAdd: x is ${describe(x!)} and updates are ${describe(updates!)}; they must have one dtype that can be added`,
        );
      }
      return [{ shape: x!.shape, dtype: x!.dtype }];
    },
    jvp: ({ primals: [x, indices], tangents: [tx, , tu] }) => {
      if (tu == null) return [tx ?? null];
      return [p.scatterAdd(tx ?? p.zerosLike(x!), indices!, tu)];
    },
    vjp: ({ inputs: [, indices], cotangents: [ct], needs }) => [
      needs[0] ? ct! : null,
      null,
      needs[2] ? p.gather(ct!, indices!) : null,
    ],
    batch: ({ inputs, batched, size }) => {
      const [x, , updates] = allBatched(inputs, [batched[0]!, true, batched[2]!], size) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const indices = inputs[1]!;
      const [, batches, length, width] = x.shape as [number, number, number, number];
      const [indexBatches, count] = indices.shape.slice(-2) as [number, number];
      const chosen =
        !batched[1] && indexBatches === 1
          ? indices
          : p.reshape(p.broadcastTo(atAxis1(indices, batched[1]!), [size, batches, count]), [
              size * batches,
              count,
            ]);
      const rows = p.reshape(x, [size * batches, length, width]);
      const added = p.reshape(updates, [size * batches, count, width]);
      return [p.reshape(p.scatterAdd(rows, chosen, added), x.shape)];
    },
    kernel: ([x, indices, updates], [out]) => scatterAddKernel(x!, indices!, updates!, out!),
  }),
};

/** As it is when it has the batch axis, else with one of size 1 in front. */
function atAxis1(x: Tensor, batched: boolean): Tensor {
  return batched ? x : p.reshape(x, [1, ...x.shape]);
}

function checkWindow(op: string, x: Aval, sizes: readonly number[], starts: readonly Aval[]): void {
  if (sizes.length !== x.shape.length || sizes.some((size, axis) => !(size >= 0 && size <= x.shape[axis]!))) {
    throw new ShapeError(
      `${op}: a window of ${sizes.join('x')} does not fit in ${describe(x)}; it needs one size per axis, none above the axis`,
    );
  }
  if (starts.length !== x.shape.length) {
    throw new ArgumentError(`${op}: got ${starts.length} starts for ${describe(x)}; give one per axis`);
  }
  for (const start of starts) {
    if (start.dtype !== 'int32' || start.shape.length !== 0) {
      throw new DTypeError(`${op}: a start is ${describe(start)}; starts must be int32 scalars`);
    }
  }
}

/** Checks [b|1, n, d] against indices [b|1, m], and gives b. */
function checkRows(op: string, x: Aval, indices: Aval, xBatches: number): number {
  const indexBatches = indices.shape[0]!;
  const batches = xBatches === 1 ? indexBatches : xBatches;
  const fit =
    x.shape.length === 3 && indices.shape.length === 2 && (indexBatches === 1 || indexBatches === batches);
  if (!fit)
    throw new ShapeError(
      `${op}: x ${describe(x)} and indices ${describe(indices)} must be [b, n, d] and [b, m], each b alike or 1`,
    );
  if (indices.dtype !== 'int32')
    throw new DTypeError(`${op}: indices are ${describe(indices)}; they must be int32`);
  return batches;
}

/** For each problem of a batch, the flat places [batch, window] in `shape` of its window; starts are clamped as in the kernel. */
function windowPlaces(
  shape: readonly number[],
  sizes: readonly number[],
  starts: readonly Tensor[],
  batched: readonly boolean[],
  batch: number,
): Tensor {
  const strides = stridesOf(shape);
  let places = p.full([1, sizeOf(sizes)], 0, 'int32');
  starts.forEach((start, axis) => {
    const clamped = p.maximum(p.minimum(start, shape[axis]! - sizes[axis]!), 0);
    const along = p.reshape(p.iota(sizes, axis, 'int32'), [1, sizeOf(sizes)]);
    const column = p.reshape(clamped, [batched[axis] ? batch : 1, 1]);
    places = p.add(places, p.mul(p.add(column, along), strides[axis]!));
  });
  return places;
}
