import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../src/backends/cpu/create.js';
import { iotaKernel } from '../../../src/backends/cpu/kernels/iota.js';
import { layoutPrimitives } from '../../../src/primitives/layout.js';
import { runKernel } from './convSupport.js';
import { expectSame } from './moveSupport.js';

const shapes = [
  [0],
  [1],
  [2],
  [3],
  [5],
  [16],
  [1003],
  [1, 1],
  [7, 1],
  [1, 9],
  [3, 0, 2],
  [4, 5],
  [3, 17, 5],
  [2, 3, 1, 19],
];

describe('positions', () => {
  it.each(['float32', 'float64', 'int32'] as const)('%s along each axis', (dtype) => {
    for (const shape of shapes)
      for (let axis = 0; axis < shape.length; axis++)
        expectSame(iotaKernel, layoutPrimitives.iota, [], { shape, dtype, axis });
  });

  it('are rounded to even where float32 has gaps', () => {
    const shape = [2 ** 24 + 9];
    const params = { shape, dtype: 'float32', axis: 0 } as const;
    const [out] = runKernel(
      createEngine({ threads: 1 }),
      iotaKernel,
      [],
      [{ shape, dtype: 'float32' }],
      params,
    )!;
    expect([...out!.slice(2 ** 24 - 2)]).toEqual([-2, -1, 0, 0, 2, 4, 4, 4, 6, 8, 8].map((i) => 2 ** 24 + i));
  });
});
