import { ArgumentError } from '@core/tensor';
import type { Tree } from '@core/tensor';
import {
  activation,
  averagePooling2d,
  batchNormalization,
  convolution2d,
  dense,
  dropoutLayer,
  flatten,
  groupNormalization,
  maxPooling2d,
  sequential,
} from '@core/nn';
import type { ActivationName, Layer } from '@core/nn';

/** Options of `cnn`. */
export interface CnnOptions {
  /** Maps of each convolution; after each comes pooling. Default [8, 16]. */
  readonly channels?: readonly number[];
  /** Side of the convolutions' kernels. Default 5. */
  readonly kernel?: number;
  /** 'same' keeps height and width, 'valid' shrinks them by kernel - 1. Default 'valid'. */
  readonly padding?: 'same' | 'valid';
  /** How to halve the maps after each convolution. Default 'max'. */
  readonly pool?: 'max' | 'average' | 'none';
  /** Side and stride of the pooling windows. Default 2. */
  readonly window?: number;
  /** After each convolution and hidden layer. Default 'relu'. */
  readonly activation?: ActivationName;
  /** Normalisation after each convolution. Default 'none'. */
  readonly norm?: 'none' | 'batch' | 'group';
  /** Widths of the hidden layers between the convolutions and the output. Default []. */
  readonly widths?: readonly number[];
  /** Numbers that come out; for classification the number of classes. Default 10. */
  readonly outputs?: number;
  /** Rate of dropout before the output and after each hidden layer. Default 0. */
  readonly dropout?: number;
}

/**
 * A plain convolutional network for pictures: [batch, channels, height, width] -> [batch, outputs]. Parameters are
 * called `conv1.weight`, …, `dense1.weight`, …, `output.weight`. The defaults are LeNet's shape (LeCun et al. 1998)
 * with fewer maps and no hidden layers.
 *
 * @throws ArgumentError for sizes below 1 or a dropout rate outside 0..1; `init` throws ShapeError for pictures too small
 */
export function cnn(options: CnnOptions = {}): Layer<Record<string, Tree>, Record<string, Tree>> {
  const { channels = [8, 16], widths = [], outputs = 10, activation: name = 'relu', dropout = 0 } = options;
  if (channels.length === 0) throw new ArgumentError('cnn: channels must name at least one convolution');
  const layers: Record<string, Layer> = {};
  channels.forEach((maps, i) => addConvolution(layers, i + 1, maps, options));
  layers['flatten'] = flatten();
  if (dropout > 0) layers['dropout'] = dropoutLayer(dropout);
  widths.forEach((width, i) => {
    layers[`dense${i + 1}`] = dense(width);
    layers[`denseActivation${i + 1}`] = activation(name);
    if (dropout > 0) layers[`dropout${i + 1}`] = dropoutLayer(dropout);
  });
  layers['output'] = dense(outputs);
  return sequential(layers);
}

function addConvolution(
  layers: Record<string, Layer>,
  index: number,
  maps: number,
  {
    kernel = 5,
    padding = 'valid',
    pool = 'max',
    window = 2,
    activation: name = 'relu',
    norm = 'none',
  }: CnnOptions,
): void {
  layers[`conv${index}`] = convolution2d(maps, kernel, { padding });
  if (norm === 'batch') layers[`norm${index}`] = batchNormalization();
  if (norm === 'group') layers[`norm${index}`] = groupNormalization(groupsOf(maps));
  // max f(x) = f(max x) for f that never falls: then pooling first gives the same for a fraction of the work.
  const poolFirst = pool === 'max' && increasing.has(name);
  if (!poolFirst) layers[`activation${index}`] = activation(name);
  if (pool === 'max') layers[`pool${index}`] = maxPooling2d(window);
  if (pool === 'average') layers[`pool${index}`] = averagePooling2d(window);
  if (poolFirst) layers[`activation${index}`] = activation(name);
}

const increasing: ReadonlySet<ActivationName> = new Set<ActivationName>([
  'relu',
  'relu6',
  'leakyRelu',
  'elu',
  'selu',
  'tanh',
  'sigmoid',
  'softplus',
]);

/** As many groups as give the largest groups of at most 8 channels. */
function groupsOf(maps: number): number {
  for (let size = Math.min(8, maps); size > 1; size--) if (maps % size === 0) return maps / size;
  return maps;
}
