import { sizeOf } from '../../shape.js';
import { lacking } from './elementwise.js';
import type { Rules, Scratch } from './rule.js';
import type { TfjsTensor } from './types.js';

/** Places for `interior` fillers behind each element of an axis, and none behind the last. */
export function dilate(k: Scratch, x: TfjsTensor, axis: number, interior: number, value: number): TfjsTensor {
  const length = x.shape[axis]!;
  if (interior === 0 || length <= 1) return x;
  const [before, after] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
  const apart = k.reshape(x, [before, length, 1, after]);
  const paddings = [[0, 0], [0, 0], [0, interior], [0, 0]]; // prettier-ignore
  const filled = k.call('PadV2', { x: apart }, { paddings, constantValue: value });
  const joined = k.reshape(filled, [before, length * (interior + 1), after]);
  const reach = (length - 1) * (interior + 1) + 1;
  const cut = cropped(k, joined, [0, 0, 0], [before, reach, after]);
  return k.reshape(cut, [...x.shape.slice(0, axis), reach, ...x.shape.slice(axis + 1)]);
}

/** A window with steps of 1. */
export function cropped(
  k: Scratch,
  x: TfjsTensor,
  begin: readonly number[],
  size: readonly number[],
): TfjsTensor {
  if (size.every((length, axis) => length === x.shape[axis])) return x;
  return k.call('Slice', { x }, { begin: [...begin], size: [...size] });
}

/** Pads, and crops where the padding is negative. */
export function padded(
  k: Scratch,
  x: TfjsTensor,
  low: readonly number[],
  high: readonly number[],
  value: number,
): TfjsTensor {
  const begin = low.map((n) => Math.max(0, -n));
  const size = x.shape.map((length, axis) => length - begin[axis]! - Math.max(0, -high[axis]!));
  const inner = cropped(k, x, begin, size);
  if (low.every((n) => n <= 0) && high.every((n) => n <= 0)) return inner;
  const paddings = low.map((n, axis) => [Math.max(0, n), Math.max(0, high[axis]!)]);
  return k.call('PadV2', { x: inner }, { paddings, constantValue: value });
}

/** A result that may be the input itself, as one that is the caller's. */
const fresh = (k: Scratch, result: TfjsTensor, input: TfjsTensor): TfjsTensor =>
  result === input ? k.reshape(input, input.shape) : result;

export const layoutRules: Rules = {
  full: ({ params: { shape, dtype, value } }, device) =>
    lacking(device, 'Fill') || ((k) => k.call('Fill', {}, { shape: [...shape], value, dtype })),

  iota: ({ params: { shape, axis, dtype } }, device) =>
    lacking(device, 'Range', 'Tile') ||
    ((k) => {
      const line = k.call('Range', {}, { start: 0, stop: shape[axis]!, step: 1, dtype });
      return k.expand(k.reshape(line, shape.map((length, i) => (i === axis ? length : 1))), shape); // prettier-ignore
    }),

  reshape:
    ({ params: { shape } }) =>
    (k, [x]) =>
      k.reshape(x!, shape),
  stopGradient:
    () =>
    (k, [x]) =>
      k.reshape(x!, x!.shape),

  transpose: ({ params: { permutation } }, device) =>
    lacking(device, 'Transpose') || ((k, [x]) => k.transpose(x!, permutation)),

  broadcastTo: ({ params: { shape } }, device) =>
    lacking(device, 'Tile') || ((k, [x]) => fresh(k, k.expand(x!, shape), x!)),

  slice: ({ inputs: [input], outputs: [output], params: { starts, stops, steps } }, device) => {
    if (steps.every((step) => step === 1))
      return lacking(device, 'Slice') || ((k, [x]) => fresh(k, cropped(k, x!, starts, output!.shape), x!));
    if (input!.dtype !== 'float32' && device.loaded.engine === 'wasm')
      return 'its slices with steps are of float32 only';
    const masks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
    const attrs = { begin: [...starts], end: [...stops], strides: [...steps], ...masks };
    return lacking(device, 'StridedSlice') || ((k, [x]) => k.call('StridedSlice', { x: x! }, attrs));
  },

  pad: ({ inputs: [x], params: { low, high, interior, value } }, device) => {
    const inside = x!.shape.map((length, axis) => (length - 1) * (interior[axis]! + 1) + 1);
    if (inside.some((length, axis) => length + Math.min(0, low[axis]!) + Math.min(0, high[axis]!) <= 0))
      return 'nothing of the tensor is left in the result';
    // It looks prepared paddings up by their value; NaN is equal to none, and all later ones would get its padding.
    if (Number.isNaN(value) && device.loaded.engine === 'wasm')
      return 'once it padded with NaN it always does';
    return (
      lacking(device, 'PadV2', 'Slice') ||
      ((k, [a]) => {
        let spread = a!;
        interior.forEach((count, axis) => (spread = dilate(k, spread, axis, count, value)));
        return fresh(k, padded(k, spread, low, high, value), a!);
      })
    );
  },

  concat: ({ params: { axis } }, device) =>
    lacking(device, 'Concat') || ((k, xs) => k.call('Concat', xs, { axis })),

  flip: ({ inputs: [input], params: { axes } }, device) => {
    const dims = [...axes];
    const missing = lacking(device, 'Reverse', 'Cast');
    if (missing !== '') return missing;
    // The wasm engine's kernel moves four bytes for each element, which booleans do not have.
    return input!.dtype === 'bool' && device.loaded.engine === 'wasm'
      ? (k, [x]) =>
          k.toBool(k.call('Reverse', { x: k.call('Cast', { x: x! }, { dtype: 'int32' }) }, { dims }))
      : (k, [x]) => k.call('Reverse', { x: x! }, { dims });
  },
};
