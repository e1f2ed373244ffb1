import { checkOptions } from '../options.js';
import type { TensorLike } from '../ops/convert.js';
import { ShapeError } from '../errors.js';
import { asTensor } from '../ops/convert.js';
import * as p from '../primitives/calls.js';
import { checkShape, describe, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { checkKey, checkNumber, readParameters } from './arguments.js';
import type { FloatOptions } from './arguments.js';
import { exponential } from './continuous.js';
import { split } from './keys.js';

const positive = (x: number): boolean => x > 0 && x < Infinity;

/**
 * Samples of Gamma(alpha, 1), by Marsaglia and Tsang's method. Differentiable in alpha by implicit reparametrisation
 * (M. Figurnov et al., 2018); second derivatives in alpha are good to about 1e-9 in float64.
 *
 * @param shape default: alpha's
 * @throws ArgumentError if alpha is a number that is not positive; elements of tensors that are not give NaN
 */
export function gamma(key: Tensor, alpha: TensorLike, shape?: Shape, options: FloatOptions = {}): Tensor {
  checkOptions('random.gamma', options, ['dtype']);
  const { dtype } = options;
  const op = 'random.gamma';
  checkKey(op, key);
  checkNumber(op, 'alpha', alpha, positive, 'positive and finite');
  const { values, shape: target } = readParameters(op, { alpha }, shape, dtype);
  return draw(key, p.broadcastTo(values[0]!, target));
}

function draw(key: Tensor, alpha: Tensor): Tensor {
  return p.reshape(p.randomGamma(key, p.reshape(alpha, [sizeOf(alpha.shape)])), alpha.shape);
}

/** log of a Gamma(alpha, 1) sample, as log Gamma(alpha + 1) + log(U) / alpha: for small alpha the sample itself underflows. */
function logGamma(key: Tensor, alpha: Tensor): Tensor {
  const [sampleKey, boostKey] = split(key);
  const boost = exponential(boostKey, alpha.shape, { dtype: alpha.dtype });
  return p.sub(p.log(draw(sampleKey, p.add(alpha, 1))), p.div(boost, alpha));
}

/**
 * Samples of Beta(a, b) in [0, 1], right for very small a and b too; differentiable in both.
 * @param shape default: what a and b broadcast to
 */
export function beta(
  key: Tensor,
  a: TensorLike,
  b: TensorLike,
  shape?: Shape,
  options: FloatOptions = {},
): Tensor {
  checkOptions('random.beta', options, ['dtype']);
  const { dtype } = options;
  const op = 'random.beta';
  checkKey(op, key);
  checkNumber(op, 'a', a, positive, 'positive and finite');
  checkNumber(op, 'b', b, positive, 'positive and finite');
  const { values, shape: target } = readParameters(op, { a, b }, shape, dtype);
  const [keyA, keyB] = split(key);
  const logA = logGamma(keyA, p.broadcastTo(values[0]!, target));
  const logB = logGamma(keyB, p.broadcastTo(values[1]!, target));
  return p.sigmoid(p.sub(logA, logB));
}

/**
 * Samples of Dirichlet(alpha): [...shape, k], each summing to 1. Right for very small alpha too; differentiable.
 *
 * @param alpha [..., k] with positive elements
 * @param shape the leading axes of the result; default: alpha's
 */
export function dirichlet(key: Tensor, alpha: TensorLike, shape?: Shape, options: FloatOptions = {}): Tensor {
  checkOptions('random.dirichlet', options, ['dtype']);
  const { dtype } = options;
  const op = 'random.dirichlet';
  checkKey(op, key);
  const given = asTensor(op, alpha);
  if (given.ndim === 0)
    throw new ShapeError(`${op}: alpha must have at least one axis [..., k], got ${describe(given)}`);
  const k = given.shape.at(-1)!;
  if (k === 0) throw new ShapeError(`${op}: alpha ${describe(given)} holds no categories`);
  const { values, shape: target } = readParameters(
    op,
    { alpha: given },
    shape === undefined ? undefined : [...checkShape(op, shape), k],
    dtype,
  );
  const logs = logGamma(key, p.broadcastTo(values[0]!, target));
  const last = [target.length - 1];
  const keep = (x: Tensor): Tensor => p.reshape(x, [...target.slice(0, -1), 1]);
  const scaled = p.exp(p.sub(logs, keep(p.stopGradient(p.reduceMax(logs, last)))));
  return p.div(scaled, keep(p.sum(scaled, last)));
}
