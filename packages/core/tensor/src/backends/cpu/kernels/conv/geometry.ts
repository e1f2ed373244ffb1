import type { Problem } from '../../kernel.js';

/** A convolution's sizes by name; pairs are [height, width]. */
export interface Geometry {
  readonly dtype: 'float32' | 'float64';
  /** Bytes of an element. */
  readonly size: number;
  readonly images: number;
  readonly groups: number;
  /** Channels and outputs of one group. */
  readonly channels: number;
  readonly filters: number;
  readonly input: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly output: readonly [number, number];
  /** Products of the pairs. */
  readonly pixels: number;
  readonly taps: number;
  readonly positions: number;
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly gaps: readonly [number, number];
  readonly low: readonly [number, number];
  /** Names the problem among compiled functions. */
  readonly key: string;
}

/** Undefined for integers. */
export function geometryOf({ inputs, outputs, params }: Problem<'conv2d'>): Geometry | undefined {
  const { dtype, shape } = inputs[0]!;
  if (dtype !== 'float32' && dtype !== 'float64') return undefined;
  const [images, , height, width] = shape as [number, number, number, number];
  const [kernels, channels, kernelHeight, kernelWidth] = inputs[1]!.shape as [number, number, number, number];
  const [, , outHeight, outWidth] = outputs[0]!.shape as [number, number, number, number];
  const { groups, strides, padding, inputDilation, kernelDilation } = params;
  const low = [padding[0][0], padding[1][0]] as const;
  return {
    dtype,
    size: dtype === 'float32' ? 4 : 8,
    images,
    groups,
    channels,
    filters: kernels / groups,
    input: [height, width],
    kernel: [kernelHeight, kernelWidth],
    output: [outHeight, outWidth],
    pixels: height * width,
    taps: kernelHeight * kernelWidth,
    positions: outHeight * outWidth,
    strides,
    dilation: kernelDilation,
    gaps: inputDilation,
    low,
    key: JSON.stringify([dtype, shape, inputs[1]!.shape, outHeight, outWidth, strides, kernelDilation, inputDilation, low, groups]), // prettier-ignore
  };
}
