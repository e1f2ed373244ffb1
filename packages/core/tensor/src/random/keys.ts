import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import { checkCount } from '../ops/arguments.js';
import { fromHost } from '../ops/convert.js';
import * as p from '../primitives/calls.js';
import { parity, rotationSchedule, threefry2x32 } from '../primitives/kernels/threefry.js';
import { checkShape, describe, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import { show } from '../show.js';
import { ConcreteTensor, Tensor } from '../tensor.js';
import { isRecording } from '../trace.js';
import { checkKey } from './arguments.js';

/**
 * The key of a seed: a tensor int32 [2]. A key is used once: to draw, or to `split`; the same key gives the same numbers.
 *
 * @param seed a whole number from 0 to 2^53 - 1; the bits are JAX's `PRNGKey(seed)`
 * @throws ArgumentError for anything else
 */
export function key(seed: number): Tensor {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ArgumentError(
      `random.key: the seed must be a whole number from 0 to 2^53 - 1, got ${show(seed)}`,
    );
  }
  return fromHost(Int32Array.of(Math.floor(seed / 2 ** 32), seed % 2 ** 32), [2], 'int32');
}

/** `count` independent new keys, two by default: `const [a, b] = random.split(key)`. */
export function split(key: Tensor): [Tensor, Tensor];
export function split(key: Tensor, count: number): Tensor[];
export function split(key: Tensor, count = 2): Tensor[] {
  const stack = stackOfKeys('random.split', key, count);
  return Array.from({ length: count }, (_, i) => p.reshape(p.slice(stack, [i, 0], [i + 1, 2]), [2]));
}

/** As `split`, in one tensor int32 [count, 2], to map over with `vmap`. */
export function splitStack(key: Tensor, count = 2): Tensor {
  return stackOfKeys('random.splitStack', key, count);
}

function stackOfKeys(op: string, key: Tensor, count: number): Tensor {
  return p.splitKey(checkKey(op, key), checkCount(op, 'count', count, 1));
}

/**
 * A new key from a key and a whole number (0 to 2^32 - 1), such as a step or layer count; an int32 scalar tensor
 * works too, also a traced one. `foldIn(key, i)` is key i of `split`.
 */
export function foldIn(key: Tensor, data: number | Tensor): Tensor {
  checkKey('random.foldIn', key);
  if (data instanceof Tensor) {
    if (data.dtype !== 'int32')
      throw new DTypeError(`random.foldIn: data must be int32, got ${describe(data)}`);
    if (data.ndim !== 0)
      throw new ShapeError(`random.foldIn: data must be a scalar, got ${describe(data)}; use vmap`);
    return hash(key, data);
  }
  if (!Number.isInteger(data) || data < 0 || data >= 2 ** 32) {
    throw new ArgumentError(
      `random.foldIn: data must be a whole number from 0 to 2^32 - 1, got ${show(data)}`,
    );
  }
  if (key instanceof ConcreteTensor && key.backend.name === 'cpu' && !isRecording()) {
    const words = new Int32Array(2);
    const [key0, key1] = key.dataSync() as Int32Array;
    threefry2x32(key0!, key1!, 0, data | 0, words);
    return fromHost(words, [2], 'int32');
  }
  return hash(key, p.scalar(data | 0, 'int32'));
}

/** Threefry of the counter (0, data), on scalars: what the kernel does, for keys and counters that are traced. */
function hash(key: Tensor, data: Tensor): Tensor {
  const word = (i: number): Tensor => p.reshape(p.slice(key, [i], [i + 1]), []);
  const [key0, key1] = [word(0), word(1)];
  const keys = [key0, key1, p.xor(p.xor(key0, key1), parity)];
  let x0 = key0;
  let x1 = p.add(data, key1);
  rotationSchedule.forEach((rotations, index) => {
    const group = index + 1;
    for (const rotation of rotations) {
      x0 = p.add(x0, x1);
      x1 = p.xor(p.or(p.shiftLeft(x1, rotation), p.shiftRight(x1, 32 - rotation)), x0);
    }
    x0 = p.add(x0, keys[group % 3]!);
    x1 = p.add(p.add(x1, keys[(group + 1) % 3]!), group);
  });
  return p.concat([p.reshape(x0, [1]), p.reshape(x1, [1])], 0);
}

/** 32 random bits per element, as int32 of any sign; equal to JAX's `random.bits` bit for bit. */
export function bits(key: Tensor, shape: Shape): Tensor {
  checkKey('random.bits', key);
  return p.reshape(p.randomBits(key, sizeOf(checkShape('random.bits', shape))), [...shape]);
}
