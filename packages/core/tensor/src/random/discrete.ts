import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import { inTheNameOf } from '../ops/arguments.js';
import { checkOptions } from '../options.js';
import { asTensor, toFloat } from '../ops/convert.js';
import type { TensorLike } from '../ops/convert.js';
import * as p from '../primitives/calls.js';
import { checkShape, describe, normalizeAxis, sameShape } from '../shape.js';
import type { Shape } from '../shape.js';
import { show } from '../show.js';
import { Tensor } from '../tensor.js';
import { checkBroadcasts, checkKey, checkNumber, readParameters } from './arguments.js';
import { gumbel, uniform } from './continuous.js';
import { bits, split } from './keys.js';

/**
 * True with the given probability; bool.
 * @param probability a number in [0, 1], or a tensor of such. Default 0.5
 * @param shape default: the probability's
 */
export function bernoulli(key: Tensor, probability: TensorLike = 0.5, shape?: Shape): Tensor {
  const op = 'random.bernoulli';
  checkKey(op, key);
  checkNumber(op, 'probability', probability, (x) => x >= 0 && x <= 1, 'between 0 and 1');
  const { values, shape: target, dtype } = readParameters(op, { probability }, shape, undefined);
  return p.less(uniform(key, target, { dtype }), values[0]!);
}

/**
 * Whole numbers in [minval, maxval), int32; the same as JAX's. The bias of the remainder is below (maxval - minval) / 2^32.
 *
 * @param minval whole number, or int32 tensor that broadcasts to the shape
 * @param maxval likewise; maxval - minval must be below 2^31
 * @throws ArgumentError for numbers outside int32, or not in order
 */
export function randint(key: Tensor, shape: Shape, minval: number | Tensor, maxval: number | Tensor): Tensor {
  const op = 'random.randint';
  checkKey(op, key);
  const target = [...checkShape(op, shape)];
  if (
    typeof minval === 'number' &&
    typeof maxval === 'number' &&
    !(minval < maxval && maxval - minval < 2 ** 31)
  ) {
    throw new ArgumentError(`${op}: needs minval < maxval, less than 2^31 apart, got [${minval}, ${maxval})`);
  }
  const low = asInteger(op, 'minval', minval);
  const span = p.sub(asInteger(op, 'maxval', maxval), low);
  checkBroadcasts(op, 'bounds', span.shape, target);
  const [highKey, lowKey] = split(key);
  // (high · 2^32 + low) mod span in arithmetic modulo 2^32.
  const root = inTheNameOf(op, 'remainder', () => p.remainder(p.scalar(2 ** 16, 'int32'), span));
  const multiplier = unsignedRemainder(p.mul(root, root), span);
  const high = p.mul(unsignedRemainder(bits(highKey, target), span), multiplier);
  const offset = unsignedRemainder(p.add(high, unsignedRemainder(bits(lowKey, target), span)), span);
  return p.add(low, offset);
}

function asInteger(op: string, name: string, value: number | Tensor): Tensor {
  if (typeof value === 'number') {
    if (value === (value | 0)) return p.scalar(value, 'int32');
    throw new ArgumentError(`${op}: ${name} must be a whole number that int32 holds, got ${value}`);
  }
  if (!(value instanceof Tensor))
    throw new ArgumentError(`${op}: ${name} must be a whole number or an int32 tensor, got ${show(value)}`);
  if (value.dtype === 'int32') return value;
  throw new DTypeError(`${op}: ${name} must be int32, got ${describe(value)}`);
}

/** x mod n for x read as unsigned and 0 < n < 2^31, with int32 operations only: half of x first, then the last bit. */
function unsignedRemainder(x: Tensor, n: Tensor): Tensor {
  const half = p.remainder(p.shiftRight(x, 1), n);
  const doubled = p.add(p.sub(half, p.sub(n, half)), p.and(x, 1)); // 2 half + bit - n, which cannot overflow
  return p.where(p.less(doubled, 0), p.add(doubled, n), doubled);
}

export interface CategoricalOptions {
  /** Axis of the categories. Default -1. */
  axis?: number;
  /** Shape of the result, which logits' other axes broadcast to. Default: those axes. */
  shape?: Shape;
}

/** Category indices, int32, drawn with probabilities softmax(logits): the largest of logits plus Gumbel noise. */
export function categorical(key: Tensor, logits: TensorLike, options: CategoricalOptions = {}): Tensor {
  checkOptions('random.categorical', options, ['axis', 'shape']);
  const { axis = -1, shape } = options;
  const op = 'random.categorical';
  checkKey(op, key);
  const given = toFloat(asTensor(op, logits));
  const position = normalizeAxis(op, axis, given.ndim);
  const count = given.shape[position]!;
  if (count === 0) throw new ShapeError(`${op}: logits ${describe(given)} hold no categories`);
  const own = given.shape.filter((_, i) => i !== position);
  const target = shape === undefined ? own : [...checkShape(op, shape)];
  checkBroadcasts(op, `logits without their axis ${position}`, own, target);
  const prefix = target.length - own.length;
  const noisy = [...target.slice(0, prefix + position), count, ...target.slice(prefix + position)];
  return p.argMax(p.add(gumbel(key, noisy, { dtype: given.dtype }), given), prefix + position);
}

export interface PermutationOptions {
  /** Axis to shuffle. Default 0. */
  axis?: number;
  /** Shuffle every line along the axis on its own, rather than all alike. Default false. */
  independent?: boolean;
}

/**
 * 0 … n - 1 in random order (int32), or a tensor shuffled along an axis; the same as JAX's: sorted by random bits, as
 * often as it takes for ties to be unlikely.
 */
export function permutation(key: Tensor, x: number | TensorLike, options: PermutationOptions = {}): Tensor {
  checkOptions('random.permutation', options, ['axis', 'independent']);
  const { axis = 0, independent = false } = options;
  const op = 'random.permutation';
  checkKey(op, key);
  if (typeof x === 'number') {
    if (!Number.isInteger(x) || x < 0 || x >= 2 ** 31)
      throw new ArgumentError(`${op}: needs a count or a tensor, got ${x}`);
    return shuffle(key, p.iota([x], 0, 'int32'));
  }
  const t = asTensor(op, x);
  const position = normalizeAxis(op, axis, t.ndim);
  const last = t.ndim - 1;
  if (independent && t.ndim > 1) {
    const swap = t.shape.map((_, i) => (i === position ? last : i === last ? position : i));
    // The bits have x's own layout, as in JAX.
    return p.transpose(shuffle(key, p.transpose(t, swap), t, swap), swap);
  }
  return takeAlong(t, shuffle(key, p.iota([t.shape[position]!], 0, 'int32')), position);
}

/** Lines along the last axis in random order. `original` and `swap` say how x was transposed. */
function shuffle(key: Tensor, x: Tensor, original: Tensor = x, swap?: readonly number[]): Tensor {
  const rounds = Math.ceil((3 * Math.log(Math.max(1, x.size))) / Math.log(2 ** 32 - 1));
  const n = x.shape.at(-1)!;
  const lines = n === 0 ? 0 : x.size / n;
  let result = x;
  let current = key;
  for (let round = 0; round < rounds; round++) {
    const [next, own] = split(current);
    current = next;
    const drawn = bits(own, original.shape);
    // Unsigned order of int32 bits is the signed order with the top bit flipped.
    const order = p.argsort(p.xor(swap ? p.transpose(drawn, swap) : drawn, -(2 ** 31)), x.ndim - 1);
    const gathered = p.gather(p.reshape(result, [lines, n, 1]), p.reshape(order, [lines, n]));
    result = p.reshape(gathered, x.shape);
  }
  return result;
}

/** The slices at `indices` [m] along an axis. */
function takeAlong(x: Tensor, indices: Tensor, axis: number): Tensor {
  const before = x.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const after = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const flat = p.reshape(x, [before, x.shape[axis]!, after]);
  const taken = p.gather(flat, p.reshape(indices, [1, indices.size]));
  return p.reshape(taken, [...x.shape.slice(0, axis), indices.size, ...x.shape.slice(axis + 1)]);
}

export interface ChoiceOptions {
  /** Whether an entry may come again. Default true. */
  replace?: boolean;
  /** Probabilities [n] of the entries; need not sum to 1. Default: all alike. */
  probabilities?: TensorLike;
  /** Axis of the entries in x. Default 0. */
  axis?: number;
}

/**
 * Random entries of x along an axis, or of 0 … x - 1 for a number; the axis is replaced by `shape`.
 * @throws ArgumentError for more draws without replacement than there are entries; ShapeError if probabilities do not fit
 */
export function choice(
  key: Tensor,
  x: number | TensorLike,
  shape: Shape = [],
  options: ChoiceOptions = {},
): Tensor {
  checkOptions('random.choice', options, ['replace', 'probabilities', 'axis']);
  const { replace = true, probabilities, axis = 0 } = options;
  const op = 'random.choice';
  checkKey(op, key);
  const target = [...checkShape(op, shape)];
  if (typeof x === 'number' && (!Number.isInteger(x) || x < 0))
    throw new ArgumentError(`${op}: needs a count or a tensor, got ${x}`);
  const source = typeof x === 'number' ? p.iota([x], 0, 'int32') : asTensor(op, x);
  const position = normalizeAxis(op, axis, source.ndim);
  const n = source.shape[position]!;
  const draws = target.reduce((a, b) => a * b, 1);
  if (n === 0 && draws > 0)
    throw new ArgumentError(`${op}: there is nothing to choose from in ${describe(source)}`);
  if (!replace && draws > n)
    throw new ArgumentError(`${op}: ${draws} draws without replacement from ${n} entries`);
  let indices: Tensor;
  if (probabilities === undefined) {
    indices = replace ? randint(key, [draws], 0, Math.max(n, 1)) : p.slice(permutation(key, n), [0], [draws]);
  } else {
    const weights = toFloat(asTensor(op, probabilities));
    if (!sameShape(weights.shape, [n]))
      throw new ShapeError(
        `${op}: probabilities must be [${n}], one for each entry, got ${describe(weights)}`,
      );
    indices = replace ? weighted(key, weights, draws) : weightedWithout(key, weights, draws);
  }
  const taken = takeAlong(source, indices, position);
  return p.reshape(taken, [
    ...source.shape.slice(0, position),
    ...target,
    ...source.shape.slice(position + 1),
  ]);
}

/** Inversion: the number of cumulative sums below a uniform share of the whole. */
function weighted(key: Tensor, weights: Tensor, draws: number): Tensor {
  const n = weights.size;
  const sums = p.cumsum(weights, 0);
  const whole = p.slice(sums, [n - 1], [n]);
  const share = p.mul(
    whole,
    p.sub(p.scalar(1, weights.dtype), uniform(key, [draws], { dtype: weights.dtype })),
  );
  const below = p.less(p.reshape(sums, [1, n]), p.reshape(share, [draws, 1]));
  return p.sum(p.cast(below, 'int32'), [1]);
}

/** The largest of log-weights plus Gumbel noise, in order (W. Kool et al., 2019). */
function weightedWithout(key: Tensor, weights: Tensor, draws: number): Tensor {
  const noisy = p.add(gumbel(key, weights.shape, { dtype: weights.dtype }), p.log(weights));
  return p.slice(p.argsort(noisy, 0, true), [0], [draws]);
}
