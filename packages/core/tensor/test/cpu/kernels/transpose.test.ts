import { describe, it } from 'vitest';
import { transposeKernel } from '../../../src/backends/cpu/kernels/transpose.js';
import { dtypes } from '../../../src/dtype.js';
import { layoutPrimitives } from '../../../src/primitives/layout.js';
import { generator, host, integer, randomHost } from '../../support/kernels.js';
import { expectSame, someShape } from './moveSupport.js';

const seeds = dtypes.map((dtype, i) => ({ dtype, seed: 40 + i }));

function shuffled(random: () => number, rank: number): number[] {
  const order = [...Array(rank).keys()];
  for (let i = rank - 1; i > 0; i--) {
    const j = integer(random, 0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

describe('transposes are those of the reference', () => {
  it.each(seeds)('any order of the axes of $dtype', ({ dtype, seed }) => {
    const random = generator(seed);
    for (let round = 0; round < 300; round++) {
      const shape = someShape(random);
      const permutation = shuffled(random, shape.length);
      expectSame(transposeKernel, layoutPrimitives.transpose, [randomHost(random, shape, dtype, true)], {
        permutation,
      });
    }
  });

  it.each(seeds)('matrices of $dtype with odd sizes, alone and in stacks', ({ dtype, seed }) => {
    const random = generator(seed + 10);
    const lengths = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 65];
    for (const a of lengths)
      for (const b of lengths)
        expectSame(transposeKernel, layoutPrimitives.transpose, [randomHost(random, [2, a, b], dtype)], {
          permutation: [0, 2, 1],
        });
  });

  it.each(seeds)('matrices of $dtype larger than a block', ({ dtype }) => {
    for (const shape of [
      [259, 3],
      [3, 300],
      [520, 67],
      [70, 513],
    ]) {
      const size = shape[0]! * shape[1]!;
      const x = host(shape, dtype, Array.from({ length: size }, (_, i) => (dtype === 'bool' ? i % 7 & 1 : i))); // prettier-ignore
      expectSame(transposeKernel, layoutPrimitives.transpose, [x], { permutation: [1, 0] });
    }
  });
});
