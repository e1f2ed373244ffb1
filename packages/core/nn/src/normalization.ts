import { ShapeError, fused, ones, zeros } from '@core/tensor';
import type { DType, Shape, Tensor } from '@core/tensor';
import { features, inRange, nonNegative, positiveInteger, show } from './check.js';
import type { Empty, Layer } from './layer.js';
import { learned, requireParams } from './layer.js';

/** Learned scale and shift. */
export type AffineParams = { weight: Tensor; bias: Tensor };

const affine = (shape: Shape, dtype: DType): AffineParams => ({
  weight: ones(shape, { dtype }),
  bias: zeros(shape, { dtype }),
});

export interface EpsilonOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/** (x - mean) / √(variance + epsilon) over the axes; biased variance. */
function standardize(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const centred = x.sub(x.mean(axes, { keepDims: true }));
  return centred.mul(centred.square().mean(axes, { keepDims: true }).add(epsilon).rsqrt());
}

/** Over the last axes, those of `weight`. */
const standardizeRows = fused(function layerNorm(
  x: Tensor,
  { weight, bias }: AffineParams,
  epsilon: number,
): Tensor {
  const axes = weight.shape.map((_, i) => i - weight.ndim);
  return standardize(x, axes, epsilon).mul(weight).add(bias);
});

/** Per-channel vectors [c] shaped to meet [n, c, ...]. */
const perChannel = (vector: Tensor, x: Tensor): Tensor =>
  vector.reshape([vector.size, ...new Array<number>(x.ndim - 2).fill(1)]);

/**
 * Normalises each example over its last axes, those of `weight`. Ba et al. 2016, eq. 4.
 * Shapes: x [..., ...weight.shape].
 */
export function layerNorm(x: Tensor, params: AffineParams, { epsilon = 1e-5 }: EpsilonOptions = {}): Tensor {
  nonNegative('layerNorm', 'epsilon', epsilon);
  const { weight, bias } = params;
  const tail = x.shape.slice(Math.max(0, x.ndim - weight.ndim));
  if (show(tail) !== show(weight.shape))
    throw new ShapeError(
      `layerNorm: input ${show(x.shape)} does not end in the layer's shape ${show(weight.shape)}`,
    );
  return standardizeRows(x, { weight, bias }, epsilon);
}

/** x / √(mean x² + epsilon) · weight over the last axis. Zhang & Sennrich 2019. Default epsilon 1e-6. */
export function rmsNorm(
  x: Tensor,
  { weight }: { weight: Tensor },
  { epsilon = 1e-6 }: EpsilonOptions = {},
): Tensor {
  nonNegative('rmsNorm', 'epsilon', epsilon);
  features('rmsNorm', 'features', x.shape.at(-1), weight.size);
  return scaleRows(x, weight, epsilon);
}

const scaleRows = fused(function rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  return x.mul(x.square().mean(-1, { keepDims: true }).add(epsilon).rsqrt()).mul(weight);
});

/** Normalises groups of channels of each example; x [n, c, ...]. Wu & He 2018. */
export function groupNorm(
  x: Tensor,
  { weight, bias }: AffineParams,
  groups: number,
  { epsilon = 1e-5 }: EpsilonOptions = {},
): Tensor {
  nonNegative('groupNorm', 'epsilon', epsilon);
  const [n = 0, channels = 0] = x.shape;
  features('groupNorm', 'channels', channels, weight.size);
  if (channels % positiveInteger('groupNorm', 'groups', groups) !== 0) {
    throw new ShapeError(`groupNorm: ${channels} channels do not split into ${groups} groups`);
  }
  return standardizeGroups(x, { weight, bias }, [n, groups, -1], epsilon);
}

const standardizeGroups = fused(function groupNorm(
  x: Tensor,
  { weight, bias }: AffineParams,
  grouped: Shape,
  epsilon: number,
): Tensor {
  return standardize(x.reshape(grouped), [-1], epsilon)
    .reshape(x.shape)
    .mul(perChannel(weight, x))
    .add(perChannel(bias, x));
});

/** Running statistics of batch normalisation, [c] each. */
export type BatchNormState = { mean: Tensor; variance: Tensor };

export interface BatchNormOptions extends EpsilonOptions {
  /** Weight of the newest batch in the running statistics. Default 0.1 (PyTorch). */
  readonly momentum?: number;
  readonly train?: boolean;
}

/**
 * Normalises each channel over the batch (and positions); x [n, c, ...]. In training the batch's own biased variance is
 * used, and its unbiased one enters the running average; in evaluation the running statistics are used.
 * Ioffe & Szegedy 2015, alg. 1 and 2.
 * @throws ShapeError in training with one value per channel: it has no variance
 */
export function batchNorm(
  x: Tensor,
  { weight, bias }: AffineParams,
  state: BatchNormState,
  { epsilon = 1e-5, momentum = 0.1, train = false }: BatchNormOptions = {},
): { output: Tensor; state: BatchNormState } {
  nonNegative('batchNorm', 'epsilon', epsilon);
  inRange('batchNorm', 'momentum', momentum, 0, 1);
  features('batchNorm', 'channels', x.shape[1], weight.size);
  if (!train) {
    const output = scaleChannels(x.sub(perChannel(state.mean, x)), state.variance, { weight, bias }, epsilon);
    return { output, state };
  }
  const count = x.size / weight.size;
  if (count < 2)
    throw new ShapeError(
      `batchNorm: training needs more than one value per channel, got input ${show(x.shape)}`,
    );
  return standardizeChannels(x, { weight, bias }, state, { epsilon, momentum });
}

/** A channel's centred values over √(variance + epsilon), scaled and shifted. */
function scaleChannels(
  centred: Tensor,
  variance: Tensor,
  { weight, bias }: AffineParams,
  epsilon: number,
): Tensor {
  const scale = variance.add(epsilon).rsqrt().mul(weight);
  return centred.mul(perChannel(scale, centred)).add(perChannel(bias, centred));
}

const standardizeChannels = fused(function batchNorm(
  x: Tensor,
  params: AffineParams,
  state: BatchNormState,
  { epsilon, momentum }: { readonly epsilon: number; readonly momentum: number },
): { output: Tensor; state: BatchNormState } {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const count = x.size / params.weight.size;
  const mean = x.mean(axes);
  const centred = x.sub(perChannel(mean, x));
  const variance = centred.square().mean(axes);
  const blend = (old: Tensor, now: Tensor): Tensor =>
    old.mul(1 - momentum).add(now.stopGradient().mul(momentum));
  return {
    output: scaleChannels(centred, variance, params, epsilon),
    state: {
      mean: blend(state.mean, mean),
      variance: blend(state.variance, variance.mul(count / (count - 1))),
    },
  };
});

/** `layerNorm` as a layer over the last `axes` axes of an example (default 1). */
export function layerNormalization({
  epsilon = 1e-5,
  axes = 1,
}: EpsilonOptions & { axes?: number } = {}): Layer<AffineParams, Empty> {
  nonNegative('layerNormalization', 'epsilon', epsilon);
  positiveInteger('layerNormalization', 'axes', axes);
  return learned(
    'layerNormalization',
    (_key, inputShape, dtype) => {
      if (inputShape.length < axes)
        throw new ShapeError(
          `layerNormalization: examples must have at least ${axes} axes, got ${show(inputShape)}`,
        );
      return { params: affine(inputShape.slice(-axes), dtype), outputShape: inputShape };
    },
    (params, x) => layerNorm(x, params, { epsilon }),
  );
}

/** `rmsNorm` as a layer over the last axis of an example. */
export function rmsNormalization({ epsilon = 1e-6 }: EpsilonOptions = {}): Layer<{ weight: Tensor }, Empty> {
  nonNegative('rmsNormalization', 'epsilon', epsilon);
  return learned(
    'rmsNormalization',
    (_key, inputShape, dtype) => ({
      params: { weight: ones([last('rmsNormalization', inputShape)], { dtype }) },
      outputShape: inputShape,
    }),
    (params, x) => rmsNorm(x, params, { epsilon }),
  );
}

/** `groupNorm` as a layer for examples [c, ...]. */
export function groupNormalization(
  groups: number,
  { epsilon = 1e-5 }: EpsilonOptions = {},
): Layer<AffineParams, Empty> {
  nonNegative('groupNormalization', 'epsilon', epsilon);
  positiveInteger('groupNormalization', 'groups', groups);
  return learned(
    'groupNormalization',
    (_key, inputShape, dtype) => {
      const channels = inputShape[0] ?? 0;
      if (channels === 0 || channels % groups !== 0)
        throw new ShapeError(`groupNormalization: ${channels} channels do not split into ${groups} groups`);
      return { params: affine(inputShape.slice(0, 1), dtype), outputShape: inputShape };
    },
    (params, x) => groupNorm(x, params, groups, { epsilon }),
  );
}

/** `batchNorm` as a layer for examples [c, ...]; its running statistics are the layer's state. */
export function batchNormalization({
  epsilon = 1e-5,
  momentum = 0.1,
}: Omit<BatchNormOptions, 'train'> = {}): Layer<AffineParams, BatchNormState> {
  nonNegative('batchNormalization', 'epsilon', epsilon);
  inRange('batchNormalization', 'momentum', momentum, 0, 1);
  return {
    init(_key, inputShape, { dtype = 'float32' } = {}) {
      const channels = inputShape.slice(0, 1);
      if (channels.length === 0)
        throw new ShapeError('batchNormalization: examples must have the shape [channels, ...], got []');
      return {
        params: affine(channels, dtype),
        state: { mean: zeros(channels, { dtype }), variance: ones(channels, { dtype }) },
        outputShape: inputShape,
      };
    },
    apply(params, state, x, { train = false } = {}) {
      requireParams('batchNormalization', params);
      return batchNorm(x, params, state, { epsilon, momentum, train });
    },
  };
}

function last(layer: string, inputShape: Shape): number {
  const size = inputShape.at(-1);
  if (size !== undefined) return size;
  throw new ShapeError(`${layer}: examples must have the shape [..., features], got []`);
}
