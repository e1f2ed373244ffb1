import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import { isFloat } from '../dtype.js';
import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import { describe, formatShape, normalizeAxis, numbersOf, sameShape } from '../shape.js';
import { show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { checkCount } from './arguments.js';
import { asTensor, promoteOperands } from './convert.js';
import type { TensorLike } from './convert.js';

/** Joins tensors along an axis that they have (default 0). They are promoted to one dtype. */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  const parts = promoteList('concat', tensors);
  if (parts[0]!.ndim === 0) {
    throw new ShapeError('concat: scalars have no axis to join them along; use stack');
  }
  return p.concat(parts, normalizeAxis('concat', axis, parts[0]!.ndim));
}

/** Joins tensors of one shape along a new axis (default 0). They are promoted to one dtype. */
export function stack(tensors: readonly TensorLike[], axis = 0): Tensor {
  const parts = promoteList('stack', tensors);
  const { shape } = parts[0]!;
  if (!parts.every((part) => sameShape(part.shape, shape))) {
    throw new ShapeError(
      `stack: shapes ${parts.map((part) => formatShape(part.shape)).join(', ')} must all be equal; ` +
        `to join along an axis they have, use concat`,
    );
  }
  const at = normalizeAxis('stack', axis, shape.length + 1);
  const expanded = [...shape.slice(0, at), 1, ...shape.slice(at)];
  return p.concat(
    parts.map((part) => p.reshape(part, expanded)),
    at,
  );
}

function promoteList(op: string, tensors: readonly TensorLike[]): Tensor[] {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    throw new ArgumentError(`${op}: needs an array of at least one tensor`);
  }
  return promoteOperands(op, ...(tensors as readonly TensorLike[]));
}

/**
 * Cuts x along `axis` (default 0): into so many equal parts, or before each of the given positions (NumPy's rule).
 * @throws ShapeError when the axis does not divide evenly
 */
export function split(x: TensorLike, sections: number | readonly number[], axis = 0): Tensor[] {
  const t = asTensor('split', x);
  const along = normalizeAxis('split', axis, t.ndim);
  const length = t.shape[along]!;
  const cuts =
    typeof sections === 'number' ? evenCuts(t, sections, along) : numbersOf('split', 'sections', sections);
  const ends = [0, ...cuts, length];
  return ends.slice(1).map((stop, i) => {
    const start = ends[i]!;
    if (!Number.isInteger(stop) || start > stop || stop > length) {
      throw new ArgumentError(
        `split: positions ${formatShape(cuts)} must be whole, ascending and within 0..${length}, ` +
          `the size of axis ${along} of ${describe(t)}`,
      );
    }
    return p.slice(t, t.shape.map((_, a) => (a === along ? start : 0)), t.shape.with(along, stop)); // prettier-ignore
  });
}

function evenCuts(x: Tensor, sections: number, axis: number): number[] {
  checkCount('split', 'sections', sections, 1);
  const length = x.shape[axis]!;
  if (length % sections !== 0) {
    throw new ShapeError(
      `split: axis ${axis} of ${describe(x)} does not divide into ${sections} equal parts; give the positions instead`,
    );
  }
  return Array.from({ length: sections - 1 }, (_, i) => ((i + 1) * length) / sections);
}

/** x repeated as a whole `repetitions` times along each axis; one number counts for the last axis, as in NumPy. */
export function tile(x: TensorLike, repetitions: number | readonly number[]): Tensor {
  const t = asTensor('tile', x);
  const given = numbersOf('tile', 'repetitions', repetitions);
  for (const count of given) checkCount('tile', 'each repetition', count);
  const ndim = Math.max(t.ndim, given.length);
  const counts = [...new Array<number>(ndim - given.length).fill(1), ...given];
  const shape = [...new Array<number>(ndim - t.ndim).fill(1), ...t.shape];
  // [n0, n1] as [1, n0, 1, n1], broadcast to [r0, n0, r1, n1].
  const wide = p.reshape(t, shape.flatMap((length) => [1, length])); // prettier-ignore
  const repeated = p.broadcastTo(wide, shape.flatMap((length, axis) => [counts[axis]!, length])); // prettier-ignore
  return p.reshape(repeated, shape.map((length, axis) => length * counts[axis]!)); // prettier-ignore
}

/**
 * Each element repeated along `axis` (of the flattened tensor without one): all equally often, or by a list with one
 * count for each.
 */
export function repeat(x: TensorLike, repeats: number | readonly number[], axis?: number | null): Tensor {
  const given = asTensor('repeat', x);
  const t = axis === undefined || axis === null ? p.reshape(given, [given.size]) : given;
  const along = normalizeAxis('repeat', axis ?? 0, t.ndim);
  const length = t.shape[along]!;
  const before = t.shape.slice(0, along);
  const after = t.shape.slice(along + 1);
  if (typeof repeats === 'number') {
    checkCount('repeat', 'repeats', repeats);
    const wide = p.broadcastTo(p.reshape(t, [...before, length, 1, ...after]), [
      ...before,
      length,
      repeats,
      ...after,
    ]);
    return p.reshape(wide, [...before, length * repeats, ...after]);
  }
  const counts = numbersOf('repeat', 'repeats', repeats);
  if (counts.length !== length) {
    throw new ArgumentError(
      `repeat: ${counts.length} counts for axis ${along} of ${describe(t)}; give one number, or ${length} of them`,
    );
  }
  const parts = counts.map((count, i) => {
    checkCount('repeat', 'each count', count);
    const starts = t.shape.map((_, a) => (a === along ? i : 0));
    return p.broadcastTo(p.slice(t, starts, t.shape.with(along, i + 1)), t.shape.with(along, count));
  });
  return parts.length === 0 ? t : p.concat(parts, along);
}

export interface PadOptions {
  /**
   * What to put there. `constant` (default): `value`; `edge`: the border's element; `reflect`: mirrored at the border's
   * element, which is not repeated; `symmetric`: mirrored behind it, so it is; `wrap`: from the other end.
   */
  mode?: 'constant' | 'edge' | 'reflect' | 'symmetric' | 'wrap';
  /** For `constant`. Default 0. */
  value?: number;
}

const MODES = ['constant', 'edge', 'reflect', 'symmetric', 'wrap'];

/**
 * Widens x. `widths`: one number for all sides, [before, after] for all axes, or one such pair per axis.
 * @throws ShapeError when a mode has fewer elements to repeat than it needs
 */
export function pad(
  x: TensorLike,
  widths: number | readonly [number, number] | readonly (readonly [number, number])[],
  options: PadOptions = {},
): Tensor {
  checkOptions('pad', options, ['mode', 'value']);
  const { mode = 'constant', value = 0 } = options;
  const t = asTensor('pad', x);
  if (!MODES.includes(mode))
    throw new ArgumentError(`pad: unknown mode ${show(mode)}; known are ${MODES.join(', ')}`);
  const pairs = widthPairs(t, widths);
  if (mode === 'constant') {
    if (typeof value !== 'number') throw new ArgumentError(`pad: value must be a number, got ${show(value)}`);
    if (!isFloat(t.dtype) && (t.dtype === 'bool' ? value !== 0 && value !== 1 : value !== (value | 0))) {
      throw new DTypeError(`pad: ${describe(t)} cannot hold the value ${value}; cast it first`);
    }
    return p.pad(t, pairs.map(([before]) => before), pairs.map(([, after]) => after), pairs.map(() => 0), value); // prettier-ignore
  }
  return pairs.reduce((y, [before, after], axis) => {
    const parts = [border(y, axis, before, mode, false), y, border(y, axis, after, mode, true)];
    return p.concat(parts.filter((part) => part !== undefined), axis); // prettier-ignore
  }, t);
}

function widthPairs(x: Tensor, widths: number | readonly unknown[]): [number, number][] {
  const fail = (): never => {
    throw new ArgumentError(
      `pad: widths must be whole numbers of at least 0 (to cut off, use slice): one, a pair [before, after], or a ` +
        `pair for each axis of ${describe(x)}; got ${show(widths)}`,
    );
  };
  const isWidth = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0;
  const isPair = (pair: unknown): pair is [number, number] =>
    Array.isArray(pair) && pair.length === 2 && pair.every(isWidth);
  if (isWidth(widths)) return x.shape.map(() => [widths, widths]);
  if (isPair(widths)) return x.shape.map(() => widths);
  if (Array.isArray(widths) && widths.length === x.ndim && widths.every(isPair)) return widths;
  return fail();
}

/** What goes in front of (or behind) axis `axis`; undefined for no width. */
function border(
  x: Tensor,
  axis: number,
  width: number,
  mode: 'edge' | 'reflect' | 'symmetric' | 'wrap',
  atEnd: boolean,
): Tensor | undefined {
  if (width === 0) return undefined;
  const length = x.shape[axis]!;
  const usable = mode === 'edge' ? (length > 0 ? Infinity : 0) : mode === 'reflect' ? length - 1 : length;
  if (width > usable) {
    throw new ShapeError(
      `pad: mode '${mode}' cannot make ${width} elements from axis ${axis} of ${describe(x)}; it has ${Math.max(0, usable)} to use`,
    );
  }
  const between = (start: number, stop: number): Tensor =>
    p.slice(x, x.shape.map((_, a) => (a === axis ? start : 0)), x.shape.with(axis, stop)); // prettier-ignore
  switch (mode) {
    case 'edge':
      return p.broadcastTo(atEnd ? between(length - 1, length) : between(0, 1), x.shape.with(axis, width));
    case 'reflect':
      return p.flip(atEnd ? between(length - 1 - width, length - 1) : between(1, width + 1), [axis]);
    case 'symmetric':
      return p.flip(atEnd ? between(length - width, length) : between(0, width), [axis]);
    case 'wrap':
      return atEnd ? between(0, width) : between(length - width, length);
  }
}
