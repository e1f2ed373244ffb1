import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../src/backends/cpu/create.js';
import type { Engine } from '../../../src/backends/cpu/engine.js';
import { maxPoolIndicesKernel } from '../../../src/backends/cpu/kernels/pool.js';
import type { PrimitiveParameters } from '../../../src/primitives/parameters.js';
import { maxPoolIndices } from '../../../src/primitives/pool.js';
import type { HostArray } from '../../../src/primitives/primitive.js';
import { formatShape } from '../../../src/shape.js';
import { generator, host, integer, randomHost, runKernel as runReference } from '../../support/kernels.js';
import { runKernel } from './convSupport.js';

type Parameters = PrimitiveParameters['maxPoolIndices'];

const engine = createEngine({ threads: 1 });
const dtypes = ['float32', 'float64', 'int32'] as const;
const plain = { strides: [2, 2], padding: [[0, 0], [0, 0]], dilation: [1, 1] } as const; // prettier-ignore

function check(x: HostArray, params: Parameters, on: Engine = engine): void {
  const expected = runReference(maxPoolIndices, [x], params);
  const what = `${x.dtype} ${formatShape(x.shape)} ${JSON.stringify(params)}`;
  expect(runKernel(on, maxPoolIndicesKernel, [x], [expected], params), what).toEqual([expected.data]);
}

describe('positions of maxima on the heap', () => {
  it.each(dtypes)('are those of the reference for random windows over %s, NaN and ties included', (dtype) => {
    const random = generator(17);
    let checked = 0;
    while (checked < 300) {
      const pair = (low: number, high: number) => [integer(random, low, high), integer(random, low, high)] as const; // prettier-ignore
      const window = pair(1, 5);
      const params: Parameters = {
        window,
        strides: pair(1, 4),
        padding: [pair(-1, 3), pair(-1, 3)],
        dilation: pair(1, 3),
      };
      const x = randomHost(random, [integer(random, 1, 2), integer(random, 1, 3), ...pair(1, 24)], dtype, true); // prettier-ignore
      try {
        maxPoolIndices.shape([x], params);
      } catch {
        continue;
      }
      check(x, params);
      checked++;
    }
  });

  it.each(dtypes)('are right for windows of 2 by 2 at every width of %s', (dtype) => {
    const random = generator(3);
    for (let width = 2; width < 40; width++)
      check(randomHost(random, [2, 2, 5, width], dtype, true), { ...plain, window: [2, 2] });
  });

  it.each(dtypes)('are right for windows that are long, high, wide and as large as %s images', (dtype) => {
    const random = generator(4);
    for (const window of [
      [1, 40],
      [40, 1],
      [7, 7],
      [40, 41],
      [2, 33],
      [33, 2],
    ] as const)
      // prettier-ignore
      check(randomHost(random, [1, 2, 40, 41], dtype, true), { ...plain, window });
    check(randomHost(random, [1, 2, 40, 41], dtype), { ...plain, window: [7, 7], padding: [[3, 3], [3, 3]] }); // prettier-ignore
  });

  it('take the first of equal elements, and the first NaN', () => {
    const x = host([1, 1, 2, 8], 'float32', [0, -0, 1, NaN, 7, 7, -Infinity, -Infinity, 0, 0, NaN, NaN, 7, 7, -Infinity, -Infinity]); // prettier-ignore
    const [got] = runKernel(engine, maxPoolIndicesKernel, [x], [{ shape: [1, 1, 1, 4], dtype: 'int32' }], { ...plain, window: [2, 2] })!; // prettier-ignore
    expect(got).toEqual(Int32Array.of(0, 3, 4, 6));
  });

  it('do not depend on how the planes are cut', () => {
    const cut = {
      ...engine,
      parallel: ((f, args, items) => {
        for (let begin = items - 1; begin >= 0; begin--) f.call(...args, begin, begin + 1);
      }) as typeof engine.parallel,
    };
    const random = generator(5);
    for (const dtype of dtypes)
      check(randomHost(random, [3, 5, 9, 11], dtype, true), { ...plain, window: [3, 2], strides: [2, 1] }, cut); // prettier-ignore
  });

  it('are none where there are no images', () => {
    for (const dtype of dtypes) check(host([0, 3, 8, 8], dtype), { ...plain, window: [2, 2] });
  });
});
