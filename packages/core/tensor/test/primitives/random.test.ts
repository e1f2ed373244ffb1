import { describe, expect, it } from 'vitest';
import '../../src/index.js';
import { tensor } from '../../src/ops/convert.js';
import * as p from '../../src/primitives/calls.js';
import { gammaSampleDerivative } from '../../src/primitives/kernels/gamma.js';
import { threefry2x32 } from '../../src/primitives/kernels/threefry.js';
import type { Tensor } from '../../src/tensor.js';
import { grad } from '../../src/transforms/grad.js';
import { checkDerivatives, checkJit, checkVmap } from '../support/derivatives.js';
import { expectError } from '../support/errors.js';
import { randomTensor } from '../support/matrices.js';

const keyOf = (a: number, b: number): Tensor => tensor(Int32Array.of(a, b));
const keys = [keyOf(0, 1), keyOf(-5, 7), keyOf(123456789, -987654321)];

describe('randomBits and splitKey', () => {
  it('are the words of Threefry at counters 0, 1, 2, …', () => {
    const out = new Int32Array(2);
    for (const key of keys) {
      const [key0, key1] = key.dataSync() as Int32Array;
      const [bits, split] = [p.randomBits(key, 40).dataSync(), p.splitKey(key, 40).dataSync()];
      for (let i = 0; i < 40; i++) {
        threefry2x32(key0!, key1!, 0, i, out);
        expect([bits[i], split[2 * i], split[2 * i + 1]]).toEqual([out[0]! ^ out[1]!, out[0], out[1]]);
      }
    }
  });

  it('of a longer stream begin with those of a shorter one', () => {
    expect(p.randomBits(keys[0]!, 3).dataSync()).toEqual(p.randomBits(keys[0]!, 9).dataSync().slice(0, 3));
  });

  it('are batched over leading axes, vmapped and compiled', () => {
    const stack = p.reshape(p.concat(keys, 0), [3, 2]);
    expect(p.randomBits(stack, 4).shape).toEqual([3, 4]);
    expect(p.splitKey(p.reshape(stack, [1, 3, 2]), 5).shape).toEqual([1, 3, 5, 2]);
    checkVmap(
      'randomBits',
      (key) => p.randomBits(key, 5),
      keys.map((key) => [key]),
    );
    checkVmap(
      'splitKey',
      (key) => p.splitKey(key, 3),
      keys.map((key) => [key]),
    );
    checkJit('both', (key) => [p.randomBits(key, 5), p.splitKey(key, 0)], [keys[1]!]);
  });

  it('every bit is set about half of the time', () => {
    const n = 8192;
    const bits = Array.from(p.randomBits(keys[0]!, n).dataSync());
    for (let bit = 0; bit < 32; bit++) {
      const ones = bits.reduce((total, x) => total + ((x >>> bit) & 1), 0);
      expect(Math.abs(ones - n / 2)).toBeLessThan(4 * Math.sqrt(n / 4));
    }
  });

  it('refuse what is not a key', () => {
    expectError(() => p.randomBits(tensor([1, 2]), 3), 'DTYPE', 'needs a key, int32[..., 2], got float32[2]');
    expectError(() => p.splitKey(tensor(Int32Array.of(1, 2, 3)), 3), 'SHAPE', 'got int32[3]');
  });
});

describe('randomGamma', () => {
  const alpha = tensor(Float64Array.of(0.05, 0.7, 1, 3, 40));

  it('gives the same numbers in a stack, in vmap and compiled', () => {
    checkVmap(
      'randomGamma',
      (key, a) => p.randomGamma(key, a),
      keys.map((key, i) => [key, p.add(alpha, i)]),
    );
    checkJit('randomGamma', (key, a) => p.randomGamma(key, a), [keys[2]!, alpha]);
    const narrow = p.randomGamma(keys[0]!, p.cast(alpha, 'float32'));
    expect(narrow.dtype).toBe('float32');
    for (const x of narrow.dataSync()) expect(x).toBeGreaterThan(0);
  });

  it('has the implicit derivative', () => {
    const samples = p.randomGamma(keys[0]!, alpha).dataSync();
    const slopes = grad((a: Tensor) => p.sum(p.randomGamma(keys[0]!, a), [0]))(alpha).dataSync();
    [...alpha.dataSync()].forEach((a, i) => expect(slopes[i]).toBe(gammaSampleDerivative(a, samples[i]!)));
    checkJit('gradient', (a) => grad((b: Tensor) => p.sum(p.randomGamma(keys[0]!, b), [0]))(a), [alpha]);
  });

  it.each([1, 2, 3])(
    'randomGammaGrad: its derivatives, by sample exactly and by alpha to 1e-6 (seed %i)',
    (seed) => {
      const [a, x] = [
        randomTensor(seed, [6], 'float64', 0.2, 6),
        randomTensor(seed + 1, [6], 'float64', 0.2, 8),
      ];
      checkDerivatives('randomGammaGrad', p.randomGammaGrad, [a, x], { order: 1, seed });
      checkVmap(
        'randomGammaGrad',
        p.randomGammaGrad,
        [0, 1].map((i) => [p.add(a, i), x]),
      );
    },
  );

  it('refuses shapes that do not fit', () => {
    expectError(() => p.randomGamma(keys[0]!, p.scalar(1, 'float64')), 'SHAPE', 'do not fit');
    expectError(
      () => p.randomGamma(keys[0]!, tensor(Int32Array.of(1))),
      'DTYPE',
      'alpha needs float32 or float64',
    );
    expectError(() => p.randomGammaGrad(alpha, p.scalar(1, 'float64')), 'SHAPE', 'shapes differ');
    expectError(() => p.randomGammaGrad(alpha, p.cast(alpha, 'float32')), 'DTYPE', 'one float dtype');
  });
});
