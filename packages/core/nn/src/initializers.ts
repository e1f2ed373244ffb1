import { ArgumentError, linalg, ones, random, zeros } from '@core/tensor';
import type { DType, Shape, Tensor } from '@core/tensor';
import { nonNegative, show } from './check.js';

/** Makes a parameter. Shapes are `[out, in, ...kernel]`, as PyTorch stores them. */
export type Initializer = (key: Tensor, shape: Shape, options?: { dtype?: DType }) => Tensor;

export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/** What the fan counts: inputs of a unit, its outputs, or their mean. */
export type FanMode = 'in' | 'out' | 'average';

/**
 * Inputs and outputs of one unit: the second and first size, times the kernel's positions.
 * @throws ArgumentError for shapes of fewer than two axes, or without elements
 */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2 || shape.includes(0)) {
    throw new ArgumentError(`initialiser: fans need a shape [out, in, ...kernel], got ${show(shape)}`);
  }
  const positions = shape.slice(2).reduce((product, length) => product * length, 1);
  return { fanIn: shape[1]! * positions, fanOut: shape[0]! * positions };
}

/** How much larger weights must be to keep the variance through a nonlinearity (PyTorch's `calculate_gain`). */
export function gain(nonlinearity: Nonlinearity, slope = 0.01): number {
  switch (nonlinearity) {
    case 'linear':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope ** 2));
    case 'selu':
      return 3 / 4;
    default:
      throw new ArgumentError(
        `gain: there is none for ${String(nonlinearity)}; there is one for linear, sigmoid, tanh, relu, leakyRelu, selu`,
      );
  }
}

export interface XavierOptions {
  /** What follows the layer. Default 'linear'. */
  readonly nonlinearity?: Nonlinearity;
}

export interface HeOptions {
  /** What follows the layer. Default 'relu'. */
  readonly nonlinearity?: Nonlinearity;
  /** Default 'in'. */
  readonly mode?: FanMode;
}

type Distribution = 'uniform' | 'normal';

/** Zero mean and the given standard deviation, uniform on ±√3·std or normal. */
function scaled(distribution: Distribution, standardDeviation: (shape: Shape) => number): Initializer {
  return (key, shape, { dtype = 'float32' } = {}) => {
    const std = standardDeviation(shape);
    if (distribution === 'normal') return random.normal(key, shape, { dtype }).mul(std);
    const bound = Math.sqrt(3) * std;
    return random.uniform(key, shape, { dtype, minval: -bound, maxval: bound });
  };
}

const xavier =
  (distribution: Distribution) =>
  ({ nonlinearity = 'linear' }: XavierOptions = {}): Initializer => {
    const factor = gain(nonlinearity);
    return scaled(distribution, (shape) => {
      const { fanIn, fanOut } = fans(shape);
      return factor * Math.sqrt(2 / (fanIn + fanOut));
    });
  };

const he =
  (distribution: Distribution) =>
  ({ nonlinearity = 'relu', mode = 'in' }: HeOptions = {}): Initializer => {
    const factor = gain(nonlinearity);
    if (!['in', 'out', 'average'].includes(mode))
      throw new ArgumentError(`he: mode must be in, out or average, got ${String(mode)}`);
    return scaled(distribution, (shape) => {
      const { fanIn, fanOut } = fans(shape);
      const fan = mode === 'in' ? fanIn : mode === 'out' ? fanOut : (fanIn + fanOut) / 2;
      return factor / Math.sqrt(fan);
    });
  };

/** U(-b, b), b = gain·√(6/(fanIn+fanOut)). Glorot & Bengio 2010, eq. 16. */
export const xavierUniform = xavier('uniform');
/** N(0, gain²·2/(fanIn+fanOut)). Glorot & Bengio 2010. */
export const xavierNormal = xavier('normal');
/** U(-b, b), b = gain·√(3/fan). He et al. 2015, eq. 10. */
export const heUniform = he('uniform');
/** N(0, gain²/fan). He et al. 2015. */
export const heNormal = he('normal');

/** U(-1/√fanIn, 1/√fanIn): what PyTorch's linear and convolution layers start from. */
export const fanInUniform: Initializer = scaled('uniform', (shape) => 1 / Math.sqrt(3 * fans(shape).fanIn));

/** Normal with mean 0, cut at two standard deviations. */
export function truncatedNormal(standardDeviation = 0.02): Initializer {
  nonNegative('truncatedNormal', 'standardDeviation', standardDeviation);
  return (key, shape, { dtype = 'float32' } = {}) =>
    random.truncatedNormal(key, -2, 2, shape, { dtype }).mul(standardDeviation);
}

/** N(0, std²). Default standard deviation 0.02. */
export function normal(standardDeviation = 0.02): Initializer {
  nonNegative('normal', 'standardDeviation', standardDeviation);
  return (key, shape, { dtype = 'float32' } = {}) =>
    random.normal(key, shape, { dtype }).mul(standardDeviation);
}

/** Orthonormal rows or columns (whichever are fewer) of the matrix [out, in·kernel], times a gain. Saxe et al. 2014. */
export function orthogonal(scale = 1): Initializer {
  nonNegative('orthogonal', 'scale', scale);
  return (key, shape, { dtype = 'float32' } = {}) => {
    if (shape.length < 2)
      throw new ArgumentError(`orthogonal: needs a shape [out, in, ...kernel], got ${show(shape)}`);
    const rows = shape[0]!;
    const columns = shape.slice(1).reduce((product, length) => product * length, 1);
    const tall = [Math.max(rows, columns), Math.min(rows, columns)];
    // QR with a positive diagonal makes the distribution uniform over orthogonal matrices (Mezzadri 2007).
    const [q] = linalg.qr(random.normal(key, tall, { dtype }));
    return (rows < columns ? q.transpose() : q).reshape(shape).mul(scale);
  };
}

export const zerosInitializer: Initializer = (_key, shape, options) => zeros(shape, options);
export const onesInitializer: Initializer = (_key, shape, options) => ones(shape, options);
