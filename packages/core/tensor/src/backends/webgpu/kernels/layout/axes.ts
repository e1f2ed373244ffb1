import type { Shape } from '../../../../shape.js';

/** A number that the shader finds: `scale` times the u32 variable `name`. */
export interface Dynamic {
  readonly name: string;
  readonly scale: number;
}

/**
 * Where along an axis of the target the source lies: from `start`, over `extent` places, with an element at every
 * `step`-th of them.
 */
export interface Window {
  readonly start: number | Dynamic;
  readonly extent: number;
  readonly step: number;
}

/** One axis of the target, and how the source steps along it (by 0 where it repeats, backwards where it is flipped). */
export interface Axis {
  readonly length: number;
  readonly stride: number;
  /** None where the source covers the axis. */
  readonly window?: Window | undefined;
}

/** Drops axes of length 1 and joins neighbours that the source steps through as one. */
export function collapse(axes: readonly Axis[]): Axis[] {
  const joined: Axis[] = [];
  for (const axis of axes) {
    if (axis.length === 1 && axis.window === undefined) continue;
    const before = joined.at(-1);
    const joins =
      before !== undefined &&
      axis.window === undefined &&
      before.stride === axis.stride * axis.length &&
      (before.window?.step ?? 1) === 1;
    if (joins) joined[joined.length - 1] = joinAxes(before, axis);
    else joined.push(axis);
  }
  return joined;
}

function joinAxes(outer: Axis, { length, stride }: Axis): Axis {
  const { window } = outer;
  return {
    length: outer.length * length,
    stride,
    window: window && {
      start: scaled(window.start, length),
      extent: window.extent * length,
      step: 1,
    },
  };
}

export function scaled(start: number | Dynamic, factor: number): number | Dynamic {
  return typeof start === 'number' ? start * factor : { ...start, scale: start.scale * factor };
}

export function isMultiple(start: number | Dynamic, factor: number): boolean {
  return (typeof start === 'number' ? start : start.scale) % factor === 0;
}

/** The source's strides along the axes of a shape, as axes. */
export function axesOf(shape: Shape, strides: readonly number[]): Axis[] {
  return shape.map((length, i) => ({ length, stride: strides[i]! }));
}

/** A u32 literal; negative numbers wrap, and are added just so. */
export const literal = (value: number): string => `${value >>> 0}u`;
