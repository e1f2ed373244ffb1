import type { DType } from '../dtype.js';
import { ArgumentError } from '../errors.js';
import { checkOptions } from '../options.js';
import { asTensor } from '../ops/convert.js';
import type { TensorLike } from '../ops/convert.js';
import * as p from '../primitives/calls.js';
import { broadcastShapes, checkShape, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { checkBroadcasts, checkFloat, checkKey, checkNumber, readParameters, stored } from './arguments.js';
import type { FloatOptions } from './arguments.js';

export interface UniformOptions extends FloatOptions {
  /** Included. A number, or a tensor that broadcasts to the shape. Default 0. */
  minval?: number | Tensor;
  /** Excluded, up to rounding. Default 1. */
  maxval?: number | Tensor;
}

/** [0, 1): random bits fill the mantissa of a number in [1, 2), minus 1. 23 bits for float32, 52 for float64. */
function unit(key: Tensor, shape: Shape, dtype: DType): Tensor {
  const size = sizeOf(shape);
  if (dtype === 'float32') {
    return p.reshape(p.mul(p.cast(p.shiftRight(p.randomBits(key, size), 9), dtype), 2 ** -23), shape);
  }
  // 64 bits: the two words of one counter. Their upper 31 and next 21 bits, as integers that int32 holds.
  const words = p.splitKey(key, size);
  const [high, low] = [0, 1].map((i) => p.slice(words, [0, i], [size, i + 1])) as [Tensor, Tensor];
  const upper = p.mul(p.cast(p.shiftRight(high, 1), dtype), 2 ** -31);
  const lower = p.cast(p.or(p.shiftLeft(p.and(high, 1), 20), p.shiftRight(low, 12)), dtype);
  return p.reshape(p.add(upper, p.mul(lower, 2 ** -52)), shape);
}

/**
 * Uniform numbers in [minval, maxval), the same bits as JAX's.
 * @throws ArgumentError if maxval is not above minval (numbers only; tensors' elements are not looked at)
 */
export function uniform(key: Tensor, shape: Shape = [], options: UniformOptions = {}): Tensor {
  checkOptions('random.uniform', options, ['dtype', 'minval', 'maxval']);
  const { dtype, minval = 0, maxval = 1 } = options;
  const op = 'random.uniform';
  checkKey(op, key);
  const target = [...checkShape(op, shape)];
  const type = checkFloat(op, dtype);
  checkNumber(op, 'minval', minval, Number.isFinite, 'finite');
  checkNumber(op, 'maxval', maxval, Number.isFinite, 'finite');
  const u = unit(key, target, type);
  if (typeof minval === 'number' && typeof maxval === 'number') {
    if (minval >= maxval)
      throw new ArgumentError(`${op}: maxval must be above minval, got [${minval}, ${maxval})`);
    if (minval === 0 && maxval === 1) return u;
    const low = stored(minval, type);
    const span = stored(stored(maxval, type) - low, type);
    return p.maximum(p.add(p.mul(u, span), low), low);
  }
  const [low, high] = [minval, maxval].map((x) => p.cast(asTensor(op, x, type), type)) as [Tensor, Tensor];
  checkBroadcasts(op, 'bounds', broadcastShapes(op, low.shape, high.shape), target);
  return p.maximum(p.add(p.mul(u, p.sub(high, low)), low), low);
}

/** The largest number below 1, as the dtype has it. */
const belowOne = (dtype: DType): number => 1 - (dtype === 'float32' ? 2 ** -24 : 2 ** -53);

/** Standard normal numbers, √2 erfinv(u) for u uniform in (-1, 1), as JAX's up to erfinv's rounding. */
export function normal(key: Tensor, shape: Shape = [], options: FloatOptions = {}): Tensor {
  checkOptions('random.normal', options, ['dtype']);
  const { dtype } = options;
  checkKey('random.normal', key);
  checkShape('random.normal', shape);
  const type = checkFloat('random.normal', dtype);
  return p.mul(
    p.erfinv(uniform(key, shape, { dtype: type, minval: -belowOne(type), maxval: 1 })),
    Math.SQRT2,
  );
}

/**
 * Standard normal numbers conditioned on lower < x < upper. Differentiable in the bounds.
 *
 * @param shape default: what the bounds broadcast to
 * @throws ArgumentError if two numbers are given with lower not below upper
 */
export function truncatedNormal(
  key: Tensor,
  lower: TensorLike,
  upper: TensorLike,
  shape?: Shape,
  options: FloatOptions = {},
): Tensor {
  checkOptions('random.truncatedNormal', options, ['dtype']);
  const { dtype } = options;
  const op = 'random.truncatedNormal';
  checkKey(op, key);
  if (typeof lower === 'number' && typeof upper === 'number' && !(lower < upper)) {
    throw new ArgumentError(`${op}: lower must be below upper, got ${lower} and ${upper}`);
  }
  const { values, shape: target, dtype: type } = readParameters(op, { lower, upper }, shape, dtype);
  const [low, high] = values as [Tensor, Tensor];
  const u = uniform(key, target, {
    dtype: type,
    minval: p.erf(p.mul(low, Math.SQRT1_2)),
    maxval: p.erf(p.mul(high, Math.SQRT1_2)),
  });
  const sample = p.mul(p.erfinv(u), Math.SQRT2);
  // Rounding, or u at the edge, may have led out of the open interval.
  const edge = (bound: TensorLike, value: Tensor, towards: 1 | -1): Tensor =>
    typeof bound === 'number'
      ? p.scalar(neighbour(stored(bound, type), towards, type), type)
      : p.stopGradient(value);
  return p.minimum(p.maximum(sample, edge(lower, low, 1)), edge(upper, high, -1));
}

/** The next number above (towards = 1) or below (-1). */
function neighbour(value: number, towards: 1 | -1, dtype: DType): number {
  if (!Number.isFinite(value)) return value;
  if (value === 0) return towards * (dtype === 'float32' ? 2 ** -149 : Number.MIN_VALUE);
  const outward = value > 0 === towards > 0;
  if (dtype === 'float32') {
    const float = Float32Array.of(value);
    new Int32Array(float.buffer)[0]! += outward ? 1 : -1;
    return float[0]!;
  }
  const float = Float64Array.of(value);
  new BigInt64Array(float.buffer)[0]! += outward ? 1n : -1n;
  return float[0]!;
}

/** Exponential numbers of rate 1: -log(1 - u). */
export function exponential(key: Tensor, shape: Shape = [], options: FloatOptions = {}): Tensor {
  checkOptions('random.exponential', options, ['dtype']);
  checkKey('random.exponential', key);
  checkShape('random.exponential', shape);
  return p.neg(
    p.log1p(p.neg(uniform(key, shape, { dtype: checkFloat('random.exponential', options.dtype) }))),
  );
}

/** Standard Gumbel numbers: -log(-log u). */
export function gumbel(key: Tensor, shape: Shape = [], options: FloatOptions = {}): Tensor {
  checkOptions('random.gumbel', options, ['dtype']);
  const { dtype } = options;
  checkKey('random.gumbel', key);
  checkShape('random.gumbel', shape);
  const type = checkFloat('random.gumbel', dtype);
  const minval = type === 'float32' ? 2 ** -126 : 2 ** -1022;
  return p.neg(p.log(p.neg(p.log(uniform(key, shape, { dtype: type, minval, maxval: 1 })))));
}

/** Laplace numbers of scale 1: sign(u) log(1 - |u|) for u uniform in (-1, 1). */
export function laplace(key: Tensor, shape: Shape = [], options: FloatOptions = {}): Tensor {
  checkOptions('random.laplace', options, ['dtype']);
  const { dtype } = options;
  checkKey('random.laplace', key);
  checkShape('random.laplace', shape);
  const type = checkFloat('random.laplace', dtype);
  const u = uniform(key, shape, { dtype: type, minval: -belowOne(type), maxval: 1 });
  return p.mul(p.sign(u), p.log1p(p.neg(p.abs(u))));
}

/** Standard logistic numbers: log u - log(1 - u). */
export function logistic(key: Tensor, shape: Shape = [], options: FloatOptions = {}): Tensor {
  checkOptions('random.logistic', options, ['dtype']);
  const { dtype } = options;
  checkKey('random.logistic', key);
  checkShape('random.logistic', shape);
  const type = checkFloat('random.logistic', dtype);
  const u = uniform(key, shape, {
    dtype: type,
    minval: type === 'float32' ? 2 ** -126 : 2 ** -1022,
    maxval: 1,
  });
  return p.sub(p.log(u), p.log1p(p.neg(u)));
}

/** Cauchy numbers: tan(π (u - 1/2)). */
export function cauchy(key: Tensor, shape: Shape = [], options: FloatOptions = {}): Tensor {
  checkOptions('random.cauchy', options, ['dtype']);
  const { dtype } = options;
  checkKey('random.cauchy', key);
  checkShape('random.cauchy', shape);
  const type = checkFloat('random.cauchy', dtype);
  const u = uniform(key, shape, { dtype: type, minval: 2 ** -53, maxval: 1 });
  return p.tan(p.mul(p.sub(u, 0.5), Math.PI));
}
