import { ArgumentError, BackendError, IndexError, ShapeError, TraceError } from '@core/tensor';
import type { Shape, Tensor } from '@core/tensor';

/* Checks of what layers and losses are given; messages name the layer, what came and what would be right. */

export const show = (shape: Shape): string => `[${shape.join(',')}]`;

export function positiveInteger(layer: string, name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ArgumentError(`${layer}: ${name} must be a whole number of at least 1, got ${String(value)}`);
}

export function inRange(layer: string, name: string, value: number, low: number, high: number): number {
  if (value >= low && value <= high) return value;
  throw new ArgumentError(`${layer}: ${name} must lie between ${low} and ${high}, got ${String(value)}`);
}

export function nonNegative(layer: string, name: string, value: number): number {
  if (value >= 0 && Number.isFinite(value)) return value;
  throw new ArgumentError(`${layer}: ${name} must be a finite number of at least 0, got ${String(value)}`);
}

/** Throws unless one example has `rank` axes. */
export function exampleRank(layer: string, inputShape: Shape, rank: number, meaning: string): void {
  if (inputShape.length === rank) return;
  throw new ShapeError(
    `${layer}: examples must have the shape ${meaning}, got ${show(inputShape)} (the batch axis is not part of it)`,
  );
}

export function batchRank(layer: string, x: Tensor, rank: number, meaning: string): void {
  if (x.ndim === rank) return;
  throw new ShapeError(`${layer}: input must have the shape ${meaning}, got ${show(x.shape)}`);
}

/** Throws unless the input has as many features (or channels) as the layer was built for. */
export function features(layer: string, what: string, got: number | undefined, expected: number): void {
  if (got === expected) return;
  const found = got === undefined ? 'no axis of' : got;
  throw new ShapeError(`${layer}: input has ${found} ${what}, the layer was built for ${expected}`);
}

export function sameShapes(loss: string, a: Tensor, b: Tensor): void {
  if (show(a.shape) === show(b.shape)) return;
  throw new ShapeError(
    `${loss}: prediction and target must have one shape, got ${show(a.shape)} and ${show(b.shape)}`,
  );
}

/** Throws ShapeError for a tensor without elements: a mean over nothing is no number. */
export function notEmpty(layer: string, x: Tensor): void {
  if (x.size > 0) return;
  throw new ShapeError(`${layer}: needs at least one element, got ${x.dtype}${show(x.shape)}`);
}

/**
 * Throws IndexError for a class number or row outside 0..count-1, where values can be known: not inside jit or vmap, nor
 * on devices that answer later. There a negative one counts from the end, as any index does.
 */
export function checkNumbers(op: string, what: string, numbers: Tensor, count: number): void {
  let values: ArrayLike<number>;
  try {
    values = numbers.dataSync();
  } catch (error) {
    if (error instanceof TraceError || error instanceof BackendError) return;
    throw error;
  }
  for (let i = 0; i < values.length; i++) {
    if (values[i]! < 0 || values[i]! >= count)
      throw new IndexError(`${op}: ${what} ${values[i]} at position ${i} is not one of 0..${count - 1}`);
  }
}
