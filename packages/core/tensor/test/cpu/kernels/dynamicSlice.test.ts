import { describe, it } from 'vitest';
import {
  dynamicSliceKernel,
  dynamicUpdateSliceKernel,
} from '../../../src/backends/cpu/kernels/dynamicSlice.js';
import { dtypes } from '../../../src/dtype.js';
import { indexingPrimitives } from '../../../src/primitives/indexing.js';
import { generator, host, integer, randomHost } from '../../support/kernels.js';
import { expectSame, someShape } from './moveSupport.js';

const seeds = dtypes.map((dtype, i) => ({ dtype, seed: 70 + i }));

/** Starts inside, before and behind, and as far away as int32 goes. */
function someStarts(random: () => number, shape: readonly number[]) {
  return shape.map((length) => {
    const kind = random();
    const start =
      kind < 0.05 ? -(2 ** 31) : kind < 0.1 ? 2 ** 31 - 1 : integer(random, -length - 1, 2 * length + 1);
    return host([], 'int32', [start]);
  });
}

describe('windows whose starts are known at run time', () => {
  it.each(seeds)('dynamicSlice of $dtype', ({ dtype, seed }) => {
    const random = generator(seed);
    for (let round = 0; round < 150; round++) {
      const shape = someShape(random);
      const sizes = shape.map((length) => (random() < 0.3 ? length : integer(random, 0, length)));
      expectSame(
        dynamicSliceKernel,
        indexingPrimitives.dynamicSlice,
        [randomHost(random, shape, dtype, true), ...someStarts(random, shape)],
        { sizes },
      );
    }
  });

  it.each(seeds)('dynamicUpdateSlice of $dtype', ({ dtype, seed }) => {
    const random = generator(seed + 5);
    for (let round = 0; round < 150; round++) {
      const shape = someShape(random);
      const sizes = shape.map((length) => (random() < 0.3 ? length : integer(random, 0, length)));
      expectSame(
        dynamicUpdateSliceKernel,
        indexingPrimitives.dynamicUpdateSlice,
        [
          randomHost(random, shape, dtype, true),
          randomHost(random, sizes, dtype, true),
          ...someStarts(random, shape),
        ],
        {},
      );
    }
  });
});
