import { ArgumentError, ShapeError } from '@core/tensor';
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
  throw new ShapeError(`${layer}: input has ${String(got)} ${what}, the layer was built for ${expected}`);
}

export function sameShapes(loss: string, a: Tensor, b: Tensor): void {
  if (show(a.shape) === show(b.shape)) return;
  throw new ShapeError(
    `${loss}: prediction and target must have one shape, got ${show(a.shape)} and ${show(b.shape)}`,
  );
}
