import { describe, it } from 'vitest';
import { fullKernel } from '../../../src/backends/cpu/kernels/full.js';
import { dtypes } from '../../../src/dtype.js';
import { layoutPrimitives } from '../../../src/primitives/layout.js';
import { expectSame } from './moveSupport.js';

const values = [0, 1, -1, 7.25, 300, -129, 2 ** 31, -(2 ** 40) - 3, 1e300, NaN, Infinity, -Infinity, -0];
const shapes = [[], [0], [1], [3], [2, 0, 4], [15], [16], [17], [3, 5, 7], [1001]];

describe('one number everywhere', () => {
  it.each(dtypes)('%s', (dtype) => {
    for (const value of values)
      for (const shape of shapes) expectSame(fullKernel, layoutPrimitives.full, [], { shape, dtype, value });
  });
});
