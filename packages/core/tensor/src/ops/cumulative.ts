import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import { normalizeAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { asTensor } from './convert.js';
import type { TensorLike } from './convert.js';

/*
 * Running reductions: element i of the result covers elements 0..i along `axis`. With `axis` undefined or null the
 * tensor is flattened first, as in NumPy. Results have the input's shape; booleans are counted in int32.
 */

export interface CumulativeOptions {
  /** Cover elements i..end instead. Default false. */
  reverse?: boolean;
}

function prepare(
  op: string,
  value: TensorLike,
  axis: number | null | undefined,
): { x: Tensor; along: number } {
  const t = asTensor(op, value);
  const x = t.dtype === 'bool' ? p.cast(t, 'int32') : t;
  if (axis === undefined || axis === null) return { x: p.reshape(x, [x.size]), along: 0 };
  return { x, along: normalizeAxis(op, axis, x.ndim) };
}

/** Running sums, accumulated in float64. */
export function cumsum(x: TensorLike, axis?: number | null, options: CumulativeOptions = {}): Tensor {
  checkOptions('cumsum', options, ['reverse']);
  const { reverse = false } = options;
  const prepared = prepare('cumsum', x, axis);
  return p.cumsum(prepared.x, prepared.along, reverse);
}

/** Running products. The derivative is right where elements are 0, too. */
export function cumprod(x: TensorLike, axis?: number | null, options: CumulativeOptions = {}): Tensor {
  return scanAxis('cumprod', p.mul, x, axis, options);
}

/** Running maxima; NaN from the first NaN on. */
export function cummax(x: TensorLike, axis?: number | null, options: CumulativeOptions = {}): Tensor {
  return scanAxis('cummax', p.maximum, x, axis, options);
}

/** Running minima; NaN from the first NaN on. */
export function cummin(x: TensorLike, axis?: number | null, options: CumulativeOptions = {}): Tensor {
  return scanAxis('cummin', p.minimum, x, axis, options);
}

type Combine = (a: Tensor, b: Tensor) => Tensor;

function scanAxis(
  op: string,
  combine: Combine,
  value: TensorLike,
  axis: number | null | undefined,
  options: CumulativeOptions,
): Tensor {
  checkOptions(op, options, ['reverse']);
  const { reverse = false } = options;
  const { x, along } = prepare(op, value, axis);
  if (x.size === 0) return x;
  const order = [along, ...x.shape.map((_, a) => a).filter((a) => a !== along)];
  const front = p.transpose(x, order);
  const length = x.shape[along]!;
  const rows = p.reshape(front, [length, x.size / length]);
  const result = reverse ? p.flip(scanRows(combine, p.flip(rows, [0])), [0]) : scanRows(combine, rows);
  const back = x.shape.map((_, a) => order.indexOf(a));
  return p.transpose(p.reshape(result, front.shape), back);
}

/**
 * Prefixes of any associative operation with linear work and a logarithmic number of steps (Blelloch 1990): combine
 * neighbours, find the prefixes of the pairs, which are the odd results; an even one adds its own row to the pair
 * before. It is made of differentiable operations only, so all derivatives follow.
 */
function scanRows(combine: Combine, rows: Tensor): Tensor {
  const [length, width] = rows.shape as [number, number];
  if (length <= 1) return rows;
  const pairs = Math.floor(length / 2);
  const evens = p.slice(rows, [0, 0], [length, width], [2, 1]);
  const odds = p.slice(rows, [1, 0], [length, width], [2, 1]);
  const oddResults = scanRows(combine, combine(p.slice(evens, [0, 0], [pairs, width]), odds));
  const first = p.slice(evens, [0, 0], [1, width]);
  const evenCount = evens.shape[0]!;
  const later = combine(
    p.slice(oddResults, [0, 0], [evenCount - 1, width]),
    p.slice(evens, [1, 0], [evenCount, width]),
  );
  const evenResults = evenCount === 1 ? first : p.concat([first, later], 0);
  // Interleave: the two results side by side in rows of twice the width, cut into rows again.
  const paddedOdds = p.pad(oddResults, [0, 0], [evenCount - pairs, 0]);
  const interleaved = p.reshape(p.concat([evenResults, paddedOdds], 1), [2 * evenCount, width]);
  return p.slice(interleaved, [0, 0], [length, width]);
}
