import { DTypeError, ShapeError } from '../errors.js';
import { isFloat } from '../dtype.js';
import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import type { Pair } from '../primitives/parameters.js';
import { checkedOutputSize } from '../primitives/windows.js';
import { describe } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { asTensor } from './convert.js';
import type { TensorLike } from './convert.js';
import type { PaddingArgument, SizeArgument } from './windows.js';
import { paddingOf, sizesOf } from './windows.js';

/*
 * Pooling over windows of x [n, c, h, w] -> [n, c, oh, ow] with oh = floor((h + padding − (window − 1)·dilation − 1) /
 * stride) + 1: rows at the end that fill no window are not read. Lists are [height, width].
 */

export interface PoolOptions {
  /** Default: the window. */
  readonly stride?: SizeArgument | undefined;
  /** Default 0. */
  readonly padding?: PaddingArgument | undefined;
}

export interface MaxPoolOptions extends PoolOptions {
  /** Distance between a window's positions. Default 1. */
  readonly dilation?: SizeArgument | undefined;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Divide by the window's size also where it reaches into the padding. Default true. */
  readonly countIncludePad?: boolean | undefined;
}

interface Windows {
  readonly window: Pair;
  readonly strides: Pair;
  readonly dilation: Pair;
  readonly padding: readonly [Pair, Pair];
  /** Output height and width. */
  readonly outputs: Pair;
}

function windowsOf(
  op: string,
  x: Tensor,
  window: SizeArgument,
  { stride, padding = 0, dilation = 1 }: MaxPoolOptions,
): Windows {
  if (x.ndim !== 4) {
    throw new ShapeError(
      `${op}: needs x [n,c,h,w], got ${describe(x)}` +
        (x.ndim === 3 ? '; give it a batch axis: x.expandDims(0)' : ''),
    );
  }
  const sizes = sizesOf(op, 'window', window, 2);
  const strides = stride === undefined ? sizes : sizesOf(op, 'stride', stride, 2);
  const dilations = sizesOf(op, 'dilation', dilation, 2);
  const pairs = paddingOf(op, padding, {
    input: x.shape.slice(2),
    window: sizes,
    stride: strides,
    dilation: dilations,
  });
  const output = (axis: 0 | 1): number =>
    checkedOutputSize(op, axis === 0 ? 'height' : 'width', {
      size: x.shape[2 + axis]!,
      window: sizes[axis]!,
      stride: strides[axis]!,
      padding: pairs[axis]!,
      inputDilation: 1,
      kernelDilation: dilations[axis]!,
    });
  const both = <T>(list: readonly T[]): readonly [T, T] => [list[0]!, list[1]!];
  return {
    window: both(sizes),
    strides: both(strides),
    dilation: both(dilations),
    padding: both(pairs),
    outputs: [output(0), output(1)],
  };
}

/**
 * The largest element of each window; NaN if there is one. Padding never wins. The first of equal elements, in row order,
 * gets the gradient.
 * @throws ShapeError unless x has four axes and room for a window; ArgumentError for options out of range, or padding
 *   so wide that a window holds nothing else; DTypeError for booleans
 */
export function maxPool2d(x: TensorLike, window: SizeArgument, options: MaxPoolOptions = {}): Tensor {
  checkOptions('maxPool2d', options, ['stride', 'padding', 'dilation']);
  const image = asTensor('maxPool2d', x);
  const { outputs, ...params } = windowsOf('maxPool2d', image, window, options);
  const [n, c, h, w] = image.shape as [number, number, number, number];
  const positions = p.maxPoolIndices(image, params);
  const planes = p.reshape(image, [n * c, h * w, 1]);
  const picked = p.gather(planes, p.reshape(positions, [n * c, outputs[0] * outputs[1]]));
  return p.reshape(picked, [n, c, ...outputs]);
}

/**
 * The mean of each window. Padding counts as zeros unless `countIncludePad` is false; then the mean is over the elements
 * that are not padding.
 * @throws as `maxPool2d`; DTypeError unless x is float32 or float64
 */
export function avgPool2d(x: TensorLike, window: SizeArgument, options: AvgPoolOptions = {}): Tensor {
  checkOptions('avgPool2d', options, ['stride', 'padding', 'countIncludePad']);
  const { countIncludePad = true, ...rest } = options;
  const image = asTensor('avgPool2d', x);
  if (!isFloat(image.dtype)) {
    throw new DTypeError(
      `avgPool2d: the mean of integers is no integer; cast first: x.cast('float32'), got ${describe(image)}`,
    );
  }
  const windows = windowsOf('avgPool2d', image, window, rest);
  const [n, c, h, w] = image.shape as [number, number, number, number];
  const sums = sumWindows(p.reshape(image, [n * c, 1, h, w]), windows);
  const [height, width] = windows.window;
  const counts =
    countIncludePad || windows.padding.flat().every((size) => size === 0)
      ? p.scalar(height * width, image.dtype)
      : sumWindows(p.full([1, 1, h, w], 1, image.dtype), windows);
  return p.reshape(p.div(sums, counts), [n, c, ...windows.outputs]);
}

function sumWindows(planes: Tensor, { window, strides, padding }: Windows): Tensor {
  return p.conv2d(planes, p.full([1, 1, ...window], 1, planes.dtype), {
    strides,
    padding,
    inputDilation: [1, 1],
    kernelDilation: [1, 1],
    groups: 1,
  });
}
