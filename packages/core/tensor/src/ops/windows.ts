import { ArgumentError } from '../errors.js';
import { show } from '../show.js';
import type { Pair } from '../primitives/parameters.js';
import { dilated } from '../primitives/windows.js';

/** One whole number for every spatial axis, or one for each. */
export type SizeArgument = number | readonly number[];

/**
 * `'valid'`: none. `'same'`: so much that the output has ceil(input / stride) positions, the odd one at the end (the rule
 * of XLA and TensorFlow). A number: that much on every side. A list: for each spatial axis a number for both sides, or
 * `[low, high]`.
 */
export type PaddingArgument = number | 'same' | 'valid' | readonly (number | Pair)[];

/** One value for each of `axes` spatial axes. */
export function sizesOf(op: string, name: string, value: SizeArgument, axes: number, least = 1): number[] {
  const list: unknown = typeof value === 'number' ? new Array<number>(axes).fill(value) : value;
  if (
    !Array.isArray(list) ||
    list.length !== axes ||
    !list.every((n) => Number.isInteger(n) && (n as number) >= least)
  ) {
    throw new ArgumentError(
      `${op}: ${name} must be a whole number of at least ${least}` +
        `${axes > 1 ? `, or a list of ${axes}` : ''}, got ${show(value)}`,
    );
  }
  return list as number[]; // checked just now
}

/** What 'same' padding depends on, one entry for each spatial axis. */
export interface Spans {
  readonly input: readonly number[];
  readonly window: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** Padding as [low, high] for each spatial axis. */
export function paddingOf(op: string, padding: PaddingArgument, spans: Spans, least = 0): Pair[] {
  const axes = spans.input.length;
  if (padding === 'valid') return spans.input.map(() => [0, 0] as const);
  if (padding === 'same') {
    return spans.input.map((size, axis) => {
      const stride = spans.stride[axis]!;
      const reach = dilated(spans.window[axis]!, spans.dilation[axis]!);
      const total = Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
      return [Math.floor(total / 2), Math.ceil(total / 2)] as const;
    });
  }
  const list: unknown = typeof padding === 'number' ? new Array<number>(axes).fill(padding) : padding;
  const pairs = Array.isArray(list)
    ? list.map((entry: unknown) => (typeof entry === 'number' ? [entry, entry] : entry))
    : [];
  const fits = (pair: unknown): pair is Pair =>
    Array.isArray(pair) &&
    pair.length === 2 &&
    pair.every((n) => Number.isInteger(n) && (n as number) >= least);
  if (pairs.length !== axes || !pairs.every(fits)) {
    throw new ArgumentError(
      `${op}: padding must be 'same', 'valid', a whole number${least === 0 ? ' of at least 0' : ''}, ` +
        `or ${axes === 1 ? '[[low, high]]' : 'one number or [low, high] for each of height and width'}, ` +
        `got ${show(padding)}`,
    );
  }
  return pairs;
}
