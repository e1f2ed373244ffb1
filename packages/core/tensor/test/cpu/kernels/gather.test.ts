import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../src/backends/cpu/create.js';
import type { Engine } from '../../../src/backends/cpu/engine.js';
import { gatherKernel } from '../../../src/backends/cpu/kernels/gather.js';
import { scatterAddKernel } from '../../../src/backends/cpu/kernels/scatterAdd.js';
import type { DType } from '../../../src/dtype.js';
import { indexingPrimitives } from '../../../src/primitives/indexing.js';
import type { HostArray } from '../../../src/primitives/primitive.js';
import { formatShape } from '../../../src/shape.js';
import { generator, host, integer, randomHost, runKernel as runReference } from '../../support/kernels.js';
import { runKernel } from './convSupport.js';

const { gather, scatterAdd } = indexingPrimitives;
const engine = createEngine({ threads: 1 });
/** One item at a time, from the last to the first. */
const cut: Engine = {
  ...engine,
  parallel: (f, args, items, _grain, scratchBytes) => {
    const scratch = engine.heap.take(scratchBytes ?? 64);
    for (let item = items - 1; item >= 0; item--)
      f.call(...args, item, item + 1, ...(scratchBytes === undefined ? [] : [scratch]));
    engine.heap.give(scratch, scratchBytes ?? 64);
  },
};
const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'nothing was thrown';
};

type Sizes = readonly [batches: number, length: number, count: number, width: number];

function randomSizes(random: () => number): Sizes {
  const width = [1, 1, 2, 3, 4, 5, 8, 9, 17, 70, 0][integer(random, 0, 10)]!;
  return [integer(random, 0, 3), integer(random, 1, 40), integer(random, 0, 30), width];
}

function randomIndices(random: () => number, batches: number, count: number, length: number): HostArray {
  return host([batches, count], 'int32', Array.from({ length: batches * count }, () => integer(random, -length, length - 1))); // prettier-ignore
}

describe('gather on the heap', () => {
  const check = (x: HostArray, indices: HostArray, on: Engine): void => {
    const expected = runReference(gather, [x, indices], {});
    const what = `${x.dtype} ${formatShape(x.shape)} at ${formatShape(indices.shape)}`;
    expect(runKernel(on, gatherKernel, [x, indices], [expected], {}), what).toEqual([expected.data]);
  };

  it.each(['float32', 'float64', 'int32', 'bool'] as const)(
    'takes the rows of the reference, of %s',
    (dtype) => {
      const random = generator(31);
      for (let turn = 0; turn < 150; turn++) {
        const [batches, length, count, width] = randomSizes(random);
        const tables = random() < 0.3 ? 1 : batches;
        const lists = random() < 0.3 ? 1 : batches;
        if (tables === 1 && lists === 0) continue;
        const x = randomHost(random, [tables, length, width], dtype, true);
        check(x, randomIndices(random, lists, count, length), turn % 2 === 0 ? engine : cut);
      }
      check(randomHost(random, [2, 5, 1000], dtype, true), randomIndices(random, 2, 9, 5), engine);
    },
  );

  it('names an index that is out of range as the reference does', () => {
    for (let count = 1; count < 12; count++) {
      for (const wrong of [3, -4, 2 ** 31 - 1, -(2 ** 31)]) {
        const x = host([2, 3, 2], 'float32');
        const indices = randomIndices(generator(count), 2, count, 3);
        indices.data[2 * count - 1] = wrong;
        const out = { shape: [2, count, 2], dtype: 'float32' } as const;
        const expected = message(() => runReference(gather, [x, indices], {}));
        expect(expected).toMatch(`index ${wrong} (number ${2 * count - 1} of the indices) is out of range`);
        expect(message(() => runKernel(engine, gatherKernel, [x, indices], [out], {}))).toBe(expected);
      }
    }
    const [empty, zero] = [host([1, 0, 2], 'float32'), host([1, 1], 'int32')];
    expect(message(() => runKernel(engine, gatherKernel, [empty, zero], [{ shape: [1, 1, 2], dtype: 'float32' }], {}))).toMatch('no index is valid'); // prettier-ignore
  });
});

describe('scatterAdd on the heap', () => {
  const check = (x: HostArray, indices: HostArray, updates: HostArray, on: Engine): void => {
    const expected = runReference(scatterAdd, [x, indices, updates], {});
    const what = `${x.dtype} ${formatShape(x.shape)} at ${formatShape(indices.shape)}`;
    expect(runKernel(on, scatterAddKernel, [x, indices, updates], [expected], {}), what).toEqual([expected.data]); // prettier-ignore
  };
  const problem = (random: () => number, [batches, length, count, width]: Sizes, dtype: DType): [HostArray, HostArray, HostArray] => [
    randomHost(random, [batches, length, width], dtype, random() < 0.3),
    randomIndices(random, random() < 0.3 ? 1 : batches, count, length),
    randomHost(random, [batches, count, width], dtype, random() < 0.3),
  ]; // prettier-ignore

  it.each(['float32', 'float64', 'int32'] as const)('gives the bits of the reference, in %s', (dtype) => {
    const random = generator(41);
    for (let turn = 0; turn < 250; turn++) {
      const sizes = randomSizes(random);
      check(...problem(random, sizes[0] === 0 ? [1, ...sizes.slice(1)] as unknown as Sizes : sizes, dtype), turn % 2 === 0 ? engine : cut); // prettier-ignore
    }
    check(...problem(random, [2, 500, 7, 1], dtype), engine);
    check(...problem(random, [2, 500, 7, 33], dtype), cut);
    check(...problem(random, [2, 70_000, 9, 1], dtype), engine);
  });

  it('sums float32 in doubles', () => {
    const big = 2 ** 24;
    for (const width of [1, 3, 8]) {
      const x = host([1, 2, width], 'float32', new Array<number>(2 * width).fill(big));
      const updates = host([1, 4, width], 'float32', new Array<number>(4 * width).fill(1));
      const out = { shape: x.shape, dtype: 'float32' } as const;
      const [got] = runKernel(engine, scatterAddKernel, [x, host([1, 4], 'int32', [1, -1, 1, 1]), updates], [out], {})!; // prettier-ignore
      expect([got![0], got![width], got![2 * width - 1]]).toEqual([big, big + 4, big + 4]);
    }
  });

  it('wraps int32', () => {
    const x = host([1, 1, 1], 'int32', [2 ** 31 - 1]);
    check(x, host([1, 2], 'int32'), host([1, 2, 1], 'int32', [1, 5]), engine);
  });

  it('names an index that is out of range as the reference does', () => {
    for (const width of [1, 2]) {
      const inputs = [host([2, 3, width], 'float32'), host([2, 2], 'int32', [0, -3, 3, 9]), host([2, 2, width], 'float32')]; // prettier-ignore
      const expected = message(() => runReference(scatterAdd, inputs, {}));
      expect(expected).toMatch('scatterAdd: index 3 (number 2 of the indices)');
      const out = { shape: [2, 3, width], dtype: 'float32' } as const;
      expect(message(() => runKernel(engine, scatterAddKernel, inputs, [out], {}))).toBe(expected);
    }
  });
});
