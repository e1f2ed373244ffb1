import { ArgumentError, ShapeError } from '../errors.js';
import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import { convShape } from '../primitives/convShape.js';
import type { Conv2dParameters, Pair } from '../primitives/parameters.js';
import { dilated } from '../primitives/windows.js';
import { describe } from '../shape.js';
import { show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { promoteOperands } from './convert.js';
import type { TensorLike } from './convert.js';
import type { PaddingArgument, SizeArgument } from './windows.js';
import { paddingOf, sizesOf } from './windows.js';

/*
 * Convolutions as neural networks mean them (cross-correlation: the kernel is not flipped), channels before space.
 * x and kernel are promoted to one dtype. Differentiable in both to any order.
 */

export interface ConvOptions {
  /** Steps of the kernel over the input. Default 1. */
  readonly stride?: SizeArgument | undefined;
  /** Zeros around the input; negative crops. Default 0. */
  readonly padding?: PaddingArgument | undefined;
  /** Distance between the kernel's taps. Default 1. */
  readonly dilation?: SizeArgument | undefined;
  /** Input and output channels in so many separate groups. Default 1. */
  readonly groups?: number | undefined;
  /** Distance between input pixels, zeros in between. Default 1. */
  readonly inputDilation?: SizeArgument | undefined;
}

/**
 * 2-D convolution: y[n, o, i, j] = Σ_c Σ_kl x[n, c, i·stride + k·dilation − padding, j·… + l·…] kernel[o, c, k, l].
 *
 * x [n, c, h, w], kernel [outputs, c/groups, kh, kw] -> [n, outputs, oh, ow] with
 * oh = floor((h + padding − (kh − 1)·dilation − 1) / stride) + 1. Lists in the options are [height, width].
 * @throws ShapeError for wrong ranks or channels, or a kernel larger than the padded input; ArgumentError for options
 *   out of range; DTypeError for booleans
 */
export function conv2d(x: TensorLike, kernel: TensorLike, options: ConvOptions = {}): Tensor {
  const [image, weights] = promoteOperands('conv2d', x, kernel) as [Tensor, Tensor];
  const got = describeBoth(image, weights);
  if (image.ndim !== 4 || weights.ndim !== 4) {
    throw new ShapeError(
      `conv2d: needs x [n,c,h,w] and a kernel [outputs,c/groups,kernel h,kernel w], got ${got}` +
        (image.ndim === 3 ? '; give x a batch axis: x.expandDims(0)' : ''),
    );
  }
  const params = parametersOf('conv2d', image, weights, options, 2);
  convShape('conv2d', image, weights, params, got);
  return p.conv2d(image, weights, params);
}

/**
 * 1-D convolution: x [n, c, w], kernel [outputs, c/groups, k] -> [n, outputs, ow]. Options as for `conv2d`; two-sided
 * padding is [[low, high]].
 * @throws as `conv2d`
 */
export function conv1d(x: TensorLike, kernel: TensorLike, options: ConvOptions = {}): Tensor {
  const [signal, weights] = promoteOperands('conv1d', x, kernel) as [Tensor, Tensor];
  const got = describeBoth(signal, weights);
  if (signal.ndim !== 3 || weights.ndim !== 3) {
    throw new ShapeError(
      `conv1d: needs x [n,c,w] and a kernel [outputs,c/groups,kernel w], got ${got}` +
        (signal.ndim === 2 ? '; give x a batch axis: x.expandDims(0)' : ''),
    );
  }
  const params = parametersOf('conv1d', signal, weights, options, 1);
  const image = withHeight(signal);
  const flat = withHeight(weights);
  const [n, outputs, , width] = convShape('conv1d', image, flat, params, got).shape;
  return p.reshape(p.conv2d(image, flat, params), [n!, outputs!, width!]);
}

function withHeight(x: Tensor): Tensor {
  const [n, c, w] = x.shape as [number, number, number];
  return p.reshape(x, [n, c, 1, w]);
}

function describeBoth(x: Tensor, kernel: Tensor): string {
  return `x ${describe(x)} and kernel ${describe(kernel)}`;
}

/** The primitive's parameters; with one spatial axis a height of 1 is put before it. */
function parametersOf(
  op: string,
  x: Tensor,
  kernel: Tensor,
  options: ConvOptions,
  axes: 1 | 2,
): Conv2dParameters {
  checkOptions(op, options, ['stride', 'padding', 'dilation', 'groups', 'inputDilation']);
  const { stride = 1, padding = 0, dilation = 1, groups = 1, inputDilation = 1 } = options;
  const strides = sizesOf(op, 'stride', stride, axes);
  const kernelDilation = sizesOf(op, 'dilation', dilation, axes);
  const gaps = sizesOf(op, 'inputDilation', inputDilation, axes);
  const pairs = paddingOf(
    op,
    padding,
    {
      input: x.shape.slice(2).map((size, axis) => dilated(size, gaps[axis]!)),
      window: kernel.shape.slice(2),
      stride: strides,
      dilation: kernelDilation,
    },
    -Infinity,
  );
  return {
    strides: asPair(strides, 1),
    padding: asPair<Pair>(pairs, [0, 0]),
    inputDilation: asPair(gaps, 1),
    kernelDilation: asPair(kernelDilation, 1),
    groups,
  };
}

function asPair<T>(list: readonly T[], first: T): readonly [T, T] {
  return list.length === 1 ? [first, list[0]!] : [list[0]!, list[1]!];
}

export interface ConvTransposeOptions {
  /** Default 1. */
  readonly stride?: SizeArgument | undefined;
  /** What the convolution that this transposes was padded by; takes that much off the result. Default 0. */
  readonly padding?: number | readonly (number | Pair)[] | undefined;
  /** Added to the result's size at the end; smaller than stride or dilation. Default 0. */
  readonly outputPadding?: SizeArgument | undefined;
  /** Default 1. */
  readonly dilation?: SizeArgument | undefined;
  /** Default 1. */
  readonly groups?: number | undefined;
}

/**
 * The transpose of `conv2d` in its input (what its gradient does), often called deconvolution.
 *
 * x [n, c, h, w], kernel [c, outputs/groups, kh, kw] -> [n, outputs, oh, ow] with
 * oh = (h − 1)·stride − padding + (kh − 1)·dilation + outputPadding + 1, padding the sum of both sides. The kernel's
 * layout and the sizes are those of torch.nn.functional.conv_transpose2d.
 * @throws ShapeError for wrong ranks or channels or an empty result; ArgumentError for options out of range
 */
export function convTranspose2d(
  x: TensorLike,
  kernel: TensorLike,
  options: ConvTransposeOptions = {},
): Tensor {
  checkOptions('convTranspose2d', options, ['stride', 'padding', 'outputPadding', 'dilation', 'groups']);
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
  const op = 'convTranspose2d';
  const [image, weights] = promoteOperands(op, x, kernel) as [Tensor, Tensor];
  const got = describeBoth(image, weights);
  if (image.ndim !== 4 || weights.ndim !== 4) {
    throw new ShapeError(
      `${op}: needs x [n,c,h,w] and a kernel [c,outputs/groups,kernel h,kernel w], got ${got}`,
    );
  }
  if (typeof padding === 'string')
    throw new ArgumentError(`${op}: padding must be numbers, got ${show(padding)}`);
  const strides = sizesOf(op, 'stride', stride, 2);
  const dilations = sizesOf(op, 'dilation', dilation, 2);
  const extra = sizesOf(op, 'outputPadding', outputPadding, 2, 0);
  const [, perGroup, height, width] = weights.shape as [number, number, number, number];
  const window = [height, width];
  const pairs = paddingOf(op, padding, {
    input: image.shape.slice(2),
    window,
    stride: strides,
    dilation: dilations,
  });
  extra.forEach((n, axis) => {
    if (n < Math.max(strides[axis]!, dilations[axis]!)) return;
    throw new ArgumentError(
      `${op}: outputPadding ${n} must be smaller than the stride ${strides[axis]} or the dilation ${dilations[axis]}`,
    );
  });
  const channels = image.shape[1]!;
  if (weights.shape[0] !== channels) {
    throw new ShapeError(
      `${op}: x has ${channels} channels, so the kernel must be [${channels},outputs/groups,…], got ${got}`,
    );
  }
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ArgumentError(
      `${op}: groups must be a whole number that divides the ${channels} channels, got ${show(groups)}`,
    );
  }
  const reach = window.map((size, axis) => dilated(size, dilations[axis]!) - 1);
  const params: Conv2dParameters = {
    strides: [1, 1],
    padding: asPair(
      pairs.map(([low, high], axis): Pair => [reach[axis]! - low, reach[axis]! - high + extra[axis]!]),
      [0, 0],
    ),
    inputDilation: asPair(strides, 1),
    kernelDilation: asPair(dilations, 1),
    groups,
  };
  const split = p.reshape(p.flip(weights, [2, 3]), [groups, channels / groups, perGroup, height, width]);
  const exchanged = p.reshape(p.transpose(split, [0, 2, 1, 3, 4]), [
    groups * perGroup,
    channels / groups,
    height,
    width,
  ]);
  convShape(op, image, exchanged, params, got);
  return p.conv2d(image, exchanged, params);
}
