import { IndexError } from '../../errors.js';
import type { Aval, Shape } from '../../shape.js';
import { lacking } from './elementwise.js';
import { cropped } from './layout.js';
import type { Rules, Scratch } from './rule.js';
import { isPlainEngine } from './rule.js';
import type { TfjsTensor } from './types.js';

const whole: Aval = { shape: [], dtype: 'int32' };

/** Where a window starts: numbers on the device, clamped so that it fits. */
function startsOf(k: Scratch, starts: readonly TfjsTensor[], shape: Shape, sizes: Shape): number[] {
  return starts.map((start, axis) =>
    Math.max(0, Math.min(k.device.read(start, whole)[0]!, shape[axis]! - sizes[axis]!)),
  );
}

/** `x` with a window replaced: around it, axis by axis, what lies before and behind it is put back. */
function replaced(k: Scratch, x: TfjsTensor, update: TfjsTensor, starts: readonly number[]): TfjsTensor {
  const build = (axis: number, part: TfjsTensor): TfjsTensor => {
    if (axis === starts.length) return update;
    const [start, length] = [starts[axis]!, update.shape[axis]!];
    const piece = (from: number, to: number): TfjsTensor =>
      cropped(
        k,
        part,
        part.shape.map((_, i) => (i === axis ? from : 0)),
        part.shape.map((n, i) => (i === axis ? to - from : n)),
      );
    const end = part.shape[axis]!;
    const middle = build(axis + 1, piece(start, start + length));
    const around = [
      ...(start > 0 ? [piece(0, start)] : []),
      middle,
      ...(start + length < end ? [piece(start + length, end)] : []),
    ];
    return around.length === 1 ? middle : k.call('Concat', around, { axis });
  };
  const result = build(0, x);
  return result === update ? k.reshape(update, update.shape) : result;
}

/** Row numbers that are neither negative nor too large. */
function rowsOf(
  op: string,
  k: Scratch,
  indices: TfjsTensor,
  length: number,
  offset: (position: number) => number,
): TfjsTensor {
  const chosen = k.device.read(indices, { shape: indices.shape, dtype: 'int32' });
  let same = true;
  const rows = Int32Array.from(chosen, (index, position) => {
    const row = index < 0 ? index + length : index;
    if (row < 0 || row >= length)
      throw new IndexError(
        `${op}: index ${index} (number ${position} of the indices) is out of range for an axis of size ${length}; ` +
          (length === 0 ? 'no index is valid' : `use ${-length}..${length - 1}`),
      );
    const moved = row + offset(position);
    if (moved !== index) same = false;
    return moved;
  });
  return same ? indices : k.make(rows, { shape: indices.shape, dtype: 'int32' });
}

export const indexingRules: Rules = {
  dynamicSlice: ({ inputs: [x], params: { sizes } }, device) =>
    lacking(device, 'Slice') ||
    ((k, [a, ...starts]) => {
      const window = cropped(k, a!, startsOf(k, starts, x!.shape, sizes), sizes);
      return window === a ? k.reshape(a, a.shape) : window;
    }),

  dynamicUpdateSlice: ({ inputs: [x, update] }, device) =>
    lacking(device, 'Slice', 'Concat') ||
    ((k, [a, b, ...starts]) => replaced(k, a!, b!, startsOf(k, starts, x!.shape, update!.shape))),

  gather: ({ inputs: [x, indices], outputs: [y] }, device) => {
    const [xBatches, length, width] = x!.shape as [number, number, number];
    const [indexBatches, count] = indices!.shape as [number, number];
    const attrs = { batchDims: 0 };
    const missing = lacking(device, 'GatherV2');
    if (missing !== '') return missing;
    if (xBatches > 1 && indexBatches === 1)
      return (k, [a, i]) => {
        const rows = k.reshape(
          rowsOf('gather', k, i!, length, () => 0),
          [count],
        );
        return k.call('GatherV2', { x: a!, indices: rows }, { ...attrs, axis: 1 });
      };
    return (k, [a, i]) => {
      const offset = xBatches === 1 ? () => 0 : (position: number) => Math.floor(position / count) * length;
      const rows = k.reshape(rowsOf('gather', k, i!, length, offset), [indexBatches * count]);
      const table = k.reshape(a!, [xBatches * length, width]);
      return k.reshape(k.call('GatherV2', { x: table, indices: rows }, { ...attrs, axis: 0 }), y!.shape);
    };
  },

  scatterAdd: ({ inputs: [x, , updates] }, device) => {
    if (isPlainEngine(device)) return 'its sums round to float32 with every row';
    const missing = lacking(device, 'ScatterNd', 'Add');
    if (missing !== '') return missing;
    const [batches, length, width] = x!.shape as [number, number, number];
    const count = updates!.shape[1]!;
    return (k, [a, i, u]) => {
      const perBatch = k.expand(i!, [batches, count]);
      const rows = rowsOf('scatterAdd', k, perBatch, length, (p) => Math.floor(p / count) * length);
      const sums = k.call(
        'ScatterNd',
        {
          indices: k.reshape(rows, [batches * count, 1]),
          updates: k.reshape(u!, [batches * count, width]),
        },
        { shape: [batches * length, width] },
      );
      return k.call('Add', { a: a!, b: k.reshape(sums, a!.shape) });
    };
  },
};
