import { describe, expect, it } from 'vitest';
import '../../src/index.js';
import * as p from '../../src/primitives/calls.js';
import { contractPrimitives } from '../../src/primitives/contract.js';
import type { Pair, PrimitiveParameters } from '../../src/primitives/parameters.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { TrellisError } from '../../src/errors.js';
import type { Subject } from '../support/derivatives.js';
import { checkJit, checkVmap } from '../support/derivatives.js';
import { expectError } from '../support/errors.js';
import { build, elementAt, generator, host, integer, randomHost, runKernel } from '../support/kernels.js';
import { randomTensor } from '../support/tensors.js';

const { maxPoolIndices } = contractPrimitives;
type Parameters = PrimitiveParameters['maxPoolIndices'];
const plain: Parameters = {
  window: [2, 2],
  strides: [2, 2],
  padding: [[0, 0], [0, 0]], // prettier-ignore
  dilation: [1, 1],
};

function naive(x: HostArray, params: Parameters): HostArray {
  const { window, strides, padding, dilation } = params;
  const [, , height, width] = x.shape as [number, number, number, number];
  return build(maxPoolIndices.shape([x], params)[0]!.shape, 'int32', ([n, c, i, j]) => {
    let best: number | undefined;
    let where = -1;
    for (let k = 0; k < window[0]; k++) {
      for (let l = 0; l < window[1]; l++) {
        const row = i! * strides[0] - padding[0][0] + k * dilation[0];
        const column = j! * strides[1] - padding[1][0] + l * dilation[1];
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        const value = elementAt(x, [n!, c!, row, column]);
        const wins = best === undefined || value > best || (Number.isNaN(value) && !Number.isNaN(best));
        if (!wins) continue;
        best = value;
        where = row * width + column;
      }
    }
    return where;
  });
}

function randomParameters(random: () => number): Parameters {
  const pair = (low: number, high: number): Pair => [integer(random, low, high), integer(random, low, high)];
  const window = pair(1, 4);
  return {
    window,
    strides: pair(1, 3),
    padding: [pair(-1, window[0] - 1), pair(-1, window[1] - 1)],
    dilation: pair(1, 2),
  };
}

describe('maxPoolIndices', () => {
  it.each([1, 2, 3])('finds the first maximum of each window, NaN first of all, seed %i', (seed) => {
    const random = generator(seed);
    let checked = 0;
    for (let trial = 0; trial < 200; trial++) {
      const params = randomParameters(random);
      const dtype = (['float32', 'float64', 'int32'] as const)[trial % 3]!;
      const shape = [
        integer(random, 0, 2),
        integer(random, 1, 3),
        integer(random, 1, 9),
        integer(random, 1, 9),
      ];
      const x = randomHost(random, shape, dtype, true);
      let result: HostArray;
      try {
        result = runKernel<'maxPoolIndices'>(maxPoolIndices, [x], params);
      } catch (error) {
        if (error instanceof TrellisError) continue; // no room for the window
        throw error;
      }
      expect(result.dtype).toBe('int32');
      expect(result.data).toEqual(naive(x, params).data);
      checked++;
    }
    expect(checked).toBeGreaterThan(80);
  });

  it('knows no value so small that padding beats it', () => {
    const x = host([1, 1, 2, 2], 'float64', [-Infinity, -Infinity, -Infinity, -Infinity]);
    const out = runKernel<'maxPoolIndices'>(maxPoolIndices, [x], {
      ...plain,
      padding: [[1, 1], [1, 1]], // prettier-ignore
    });
    expect(Array.from(out.data)).toEqual([0, 1, 2, 3]);
  });

  it('vmap is a loop, jit gives the same', () => {
    const random = generator(7);
    const make = () => [randomTensor(random, [2, 2, 5, 6])];
    const f: Subject = (x) => p.maxPoolIndices(x, { ...plain, strides: [1, 2] });
    checkVmap('maxPoolIndices', f, [make(), make(), make()]);
    checkJit('maxPoolIndices', f, make());
  });

  it('refuses what does not fit', () => {
    const run =
      (shape: number[], params: Partial<Parameters> = {}, dtype: 'float32' | 'bool' = 'float32') =>
      () =>
        maxPoolIndices.shape([{ shape, dtype }], { ...plain, ...params });
    expectError(run([2, 2, 2]), 'SHAPE', 'maxPool2d: needs x [n,c,h,w], got float32[2,2,2]');
    expectError(run([1, 1, 1, 4]), 'SHAPE', 'a window of height 2');
    expectError(run([1, 1, 4, 4], {}, 'bool'), 'DTYPE', 'needs numbers, got bool[1,1,4,4]');
    expectError(run([1, 1, 4, 4], { window: [0, 2] }), 'ARGUMENT', 'must be a whole number of at least 1');
    expectError(
      run([1, 1, 4, 4], { padding: [[2, 0], [0, 0]] }), // prettier-ignore
      'ARGUMENT',
      'with padding [2,0] window 0 of size 2 holds no input at all; the padding must be smaller than the window',
    );
    expectError(
      run([1, 1, 1, 4], { dilation: [3, 1], padding: [[1, 2], [0, 0]] }), // prettier-ignore
      'ARGUMENT',
      'holds no input at all',
    );
  });
});
