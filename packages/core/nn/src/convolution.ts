import { ArgumentError, conv1d, conv2d, convTranspose2d, random, zeros } from '@core/tensor';
import type { ConvOptions, ConvTransposeOptions, DType, Shape, Tensor } from '@core/tensor';
import { batchRank, exampleRank, features, positiveInteger } from './check.js';
import { fanInUniform, fans } from './initializers.js';
import type { Initializer } from './initializers.js';
import type { Empty, Layer } from './layer.js';
import { learned } from './layer.js';
import { initialBias } from './linear.js';

/** Weight [out, in/groups, ...kernel] (PyTorch's layout) and bias [out]. */
export type ConvolutionParams = { weight: Tensor; bias?: Tensor };

interface ParameterOptions {
  /** Default true. */
  readonly bias?: boolean;
  /** Of the weight. Default U(±1/√fanIn) for weight and bias, as PyTorch; with one of your own the bias starts at 0. */
  readonly initializer?: Initializer;
}

/**
 * `stride` (1), `padding` (0; numbers, pairs, 'same' or 'valid'), `dilation` (1), `groups` (1; as many as input
 * channels make it depthwise), each as `conv2d` of @core/tensor takes it.
 */
export interface ConvolutionOptions extends Omit<ConvOptions, 'inputDilation'>, ParameterOptions {}

/** One size for both sides, or [height, width]. */
type KernelSize = number | readonly [number, number];

interface Kind {
  readonly name: string;
  readonly kernel: readonly number[];
  /** What one example looks like, and a batch of them. */
  readonly example: string;
  readonly batch: string;
}

function planar(name: string, kernel: KernelSize): Kind {
  return {
    name,
    kernel: typeof kernel === 'number' ? [kernel, kernel] : kernel,
    example: '[channels, height, width]',
    batch: '[batch, channels, height, width]',
  };
}

/**
 * 2-D convolution of examples [channels, height, width] to `channels` maps. Parameters: weight [channels, in/groups, kh,
 * kw], bias [channels].
 *
 * @throws ArgumentError for sizes below 1 or groups that do not divide the channels; ShapeError for other examples
 */
export function convolution2d(
  channels: number,
  kernel: KernelSize,
  options: ConvolutionOptions = {},
): Layer<ConvolutionParams, Empty> {
  return convolution(planar('convolution2d', kernel), channels, options, conv2d);
}

/** 1-D convolution of examples [channels, length]; otherwise as `convolution2d`. */
export function convolution1d(
  channels: number,
  kernel: number,
  options: ConvolutionOptions = {},
): Layer<ConvolutionParams, Empty> {
  const kind = {
    name: 'convolution1d',
    kernel: [kernel],
    example: '[channels, length]',
    batch: '[batch, channels, length]',
  };
  return convolution(kind, channels, options, conv1d);
}

function convolution(
  kind: Kind,
  channels: number,
  { bias = true, initializer, ...settings }: ConvolutionOptions,
  convolve: (x: Tensor, weight: Tensor, options: ConvOptions) => Tensor,
): Layer<ConvolutionParams, Empty> {
  const { groups = 1 } = settings;
  const drawn = { bias, ...(initializer === undefined ? {} : { initializer }) };
  checkSizes(kind, channels, groups);
  const apply = (params: ConvolutionParams, x: Tensor): Tensor => {
    batchRank(kind.name, x, kind.kernel.length + 2, kind.batch);
    features(kind.name, 'channels', x.shape[1], params.weight.shape[1]! * groups);
    return withBias(convolve(x, params.weight, settings), params.bias);
  };
  return learned<ConvolutionParams>(
    kind.name,
    (key, inputShape, dtype) => {
      exampleRank(kind.name, inputShape, kind.kernel.length + 1, kind.example);
      const inputs = inputShape[0]!;
      checkGroups(kind, inputs, channels, groups);
      const params = draw(key, [channels, inputs / groups, ...kind.kernel], drawn, dtype);
      return { params, outputShape: shapeAfter(inputShape, dtype, (x) => apply(params, x)) };
    },
    apply,
  );
}

export interface ConvolutionTransposedOptions extends ConvTransposeOptions, ParameterOptions {}

/**
 * Transposed 2-D convolution ("deconvolution"): examples [channels, height, width] to `channels` larger maps.
 * Parameters: weight [in, channels/groups, kh, kw] (PyTorch's layout), bias [channels]. The fan of the initialiser is
 * that of one output, in/groups·kh·kw, as for `convolution2d`; PyTorch takes the weight's second size there.
 *
 * @throws as `convolution2d`
 */
export function convolutionTransposed2d(
  channels: number,
  kernel: KernelSize,
  { bias = true, initializer, ...settings }: ConvolutionTransposedOptions = {},
): Layer<ConvolutionParams, Empty> {
  const kind = planar('convolutionTransposed2d', kernel);
  const { groups = 1 } = settings;
  const drawn = { bias, ...(initializer === undefined ? {} : { initializer }) };
  checkSizes(kind, channels, groups);
  const apply = (params: ConvolutionParams, x: Tensor): Tensor => {
    batchRank(kind.name, x, 4, kind.batch);
    features(kind.name, 'channels', x.shape[1], params.weight.shape[0]!);
    return withBias(convTranspose2d(x, params.weight, settings), params.bias);
  };
  return learned<ConvolutionParams>(
    kind.name,
    (key, inputShape, dtype) => {
      exampleRank(kind.name, inputShape, 3, kind.example);
      const inputs = inputShape[0]!;
      checkGroups(kind, inputs, channels, groups);
      const { weight, ...rest } = draw(key, [channels, inputs / groups, ...kind.kernel], drawn, dtype);
      const params = { ...rest, weight: exchanged(weight, groups) };
      return { params, outputShape: shapeAfter(inputShape, dtype, (x) => apply(params, x)) };
    },
    apply,
  );
}

/** [out, in/groups, ...kernel] -> [in, out/groups, ...kernel] */
function exchanged(weight: Tensor, groups: number): Tensor {
  const [outputs, inputs, ...kernel] = weight.shape as [number, number, ...number[]];
  return weight
    .reshape([groups, outputs / groups, inputs, ...kernel])
    .swapAxes(1, 2)
    .reshape([groups * inputs, outputs / groups, ...kernel]);
}

function draw(
  key: Tensor,
  shape: Shape,
  { bias = true, initializer }: ParameterOptions,
  dtype: DType,
): ConvolutionParams {
  const [weightKey, biasKey] = random.split(key);
  const weight = (initializer ?? fanInUniform)(weightKey, shape, { dtype });
  if (!bias) return { weight };
  return {
    weight,
    bias: initialBias(biasKey, shape[0]!, fans(shape).fanIn, initializer !== undefined, dtype),
  };
}

function withBias(y: Tensor, bias: Tensor | undefined): Tensor {
  if (bias === undefined) return y;
  return y.add(bias.reshape([bias.size, ...new Array<number>(y.ndim - 2).fill(1)]));
}

/** The shape of one example after the layer, found by doing it to one example of zeros. */
function shapeAfter(inputShape: Shape, dtype: DType, apply: (x: Tensor) => Tensor): Shape {
  return apply(zeros([1, ...inputShape], { dtype })).shape.slice(1);
}

function checkSizes({ name, kernel }: Kind, channels: number, groups: number): void {
  positiveInteger(name, 'channels', channels);
  positiveInteger(name, 'groups', groups);
  kernel.forEach((size) => positiveInteger(name, 'kernel', size));
}

function checkGroups({ name }: Kind, inputs: number, outputs: number, groups: number): void {
  if (inputs % groups === 0 && outputs % groups === 0) return;
  throw new ArgumentError(
    `${name}: ${inputs} input and ${outputs} output channels do not both split into ${groups} groups`,
  );
}
