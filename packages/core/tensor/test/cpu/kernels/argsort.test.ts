import { describe, it } from 'vitest';
import { argsortKernel } from '../../../src/backends/cpu/kernels/argsort.js';
import type { DType } from '../../../src/dtype.js';
import { dtypes } from '../../../src/dtype.js';
import { reducePrimitives } from '../../../src/primitives/reduce.js';
import { generator, host, integer, randomHost } from '../../support/kernels.js';
import { expectSame, someShape } from './moveSupport.js';

const cases = dtypes.flatMap((dtype) => [true, false].map((descending) => ({ dtype, descending })));
/** On both sides of where another way of sorting begins. */
const lengths = [1, 2, 3, 47, 48, 49, 50, 200, 1000, 4095, 4096, 5000];

/** Any bits: NaN of every kind, subnormal numbers, infinities, both zeros. */
function anyBits(random: () => number, size: number, dtype: DType) {
  const words = Uint32Array.from({ length: 2 * size }, () => random() * 2 ** 32);
  const x = host([size], dtype);
  if (dtype === 'bool') x.data.set(words.subarray(0, size).map((word) => word & 1));
  else new Uint32Array(x.data.buffer).set(words.subarray(0, x.data.byteLength / 4));
  const special = [NaN, 0, -0, Infinity, -Infinity, -(2 ** 31), 2 ** 31 - 1];
  if (dtype !== 'bool')
    for (let i = 0; i < size / 4; i++)
      x.data[integer(random, 0, size - 1)] = special[integer(random, 0, special.length - 1)]!;
  return x;
}

describe('argsort is that of the reference', () => {
  it.each(cases)('rows of all lengths of $dtype, descending: $descending', ({ dtype, descending }) => {
    const random = generator(90);
    for (const length of lengths) {
      const x = anyBits(random, length, dtype);
      expectSame(argsortKernel, reducePrimitives.argsort, [x], { axis: 0, descending });
      const few = randomHost(random, [2, length, 3], dtype, true);
      expectSame(argsortKernel, reducePrimitives.argsort, [few], { axis: 1, descending });
    }
  });

  it.each(cases)('any axis of $dtype, descending: $descending', ({ dtype, descending }) => {
    const random = generator(91);
    for (let round = 0; round < 100; round++) {
      const shape = someShape(random, 4, 1);
      const axis = integer(random, 0, shape.length - 1);
      const x = randomHost(random, shape, dtype, true);
      expectSame(argsortKernel, reducePrimitives.argsort, [x], { axis, descending });
    }
  });

  it.each(cases)(
    'equal elements of $dtype keep their order, descending: $descending',
    ({ dtype, descending }) => {
      for (const length of lengths)
        expectSame(argsortKernel, reducePrimitives.argsort, [host([length], dtype)], { axis: 0, descending });
    },
  );
});
