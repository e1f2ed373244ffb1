import { ArgumentError, ShapeError } from '../errors.js';
import type { Pair } from './parameters.js';

/** One spatial axis of a convolution or of pooling. */
export interface WindowAxis {
  /** Length of the input. */
  readonly size: number;
  /** Length of the kernel or window. */
  readonly window: number;
  readonly stride: number;
  readonly padding: Pair;
  readonly inputDilation: number;
  readonly kernelDilation: number;
}

/** Length with `dilation - 1` gaps between neighbours. */
export function dilated(size: number, dilation: number): number {
  return size === 0 ? 0 : (size - 1) * dilation + 1;
}

/** Number of window positions: floor((dilated input + padding - dilated window) / stride) + 1. */
export function outputSize(axis: WindowAxis): number {
  const room =
    dilated(axis.size, axis.inputDilation) +
    axis.padding[0] +
    axis.padding[1] -
    dilated(axis.window, axis.kernelDilation);
  return Math.floor(room / axis.stride) + 1;
}

/** As `outputSize`, checked: settings in their range, and room for at least one window. */
export function checkedOutputSize(op: string, name: 'height' | 'width', axis: WindowAxis): number {
  atLeastOne(op, 'the kernel size', axis.window);
  atLeastOne(op, 'stride', axis.stride);
  atLeastOne(op, 'inputDilation', axis.inputDilation);
  atLeastOne(op, 'dilation', axis.kernelDilation);
  for (const n of axis.padding) {
    if (!Number.isInteger(n))
      throw new ArgumentError(`${op}: padding must be whole numbers, got ${String(n)}`);
  }
  if (axis.size === 0) throw new ShapeError(`${op}: the input has ${name} 0; it must be at least 1`);
  const result = outputSize(axis);
  if (result < 1) {
    const needed = dilated(axis.window, axis.kernelDilation);
    const given = dilated(axis.size, axis.inputDilation) + axis.padding[0] + axis.padding[1];
    throw new ShapeError(
      `${op}: a window of ${name} ${needed} (size ${axis.window}, dilation ${axis.kernelDilation}) does not fit into ` +
        `an input of ${name} ${given} with its padding [${axis.padding.join(',')}]; pad by ${needed - given} more, or use a smaller window`,
    );
  }
  return result;
}

function atLeastOne(op: string, name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ArgumentError(`${op}: ${name} must be a whole number of at least 1, got ${String(value)}`);
}
