import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../src/backends/cpu/create.js';
import { randomBits, splitKey } from '../../../src/backends/cpu/kernels/random.js';
import { randomPrimitives } from '../../../src/primitives/random.js';
import { generator, host, runKernel as runReference } from '../../support/kernels.js';
import { runKernel } from './convSupport.js';

const engine = createEngine({ threads: 1 });
const counts = [0, 1, 2, 3, 4, 5, 7, 8, 13, 64, 1001];
const keyShapes = [[2], [1, 2], [3, 2], [2, 0, 2], [2, 3, 2]];

function randomKeys(shape: number[], seed: number) {
  const random = generator(seed);
  const keys = host(shape, 'int32');
  for (let i = 0; i < keys.data.length; i++) keys.data[i] = Math.floor(random() * 2 ** 32) | 0;
  return keys;
}

describe('Threefry on four counters at once', () => {
  it.each(keyShapes)('randomBits are the bits of the reference, for keys %j, …', (...shape) => {
    for (const size of counts) {
      const keys = randomKeys(shape, size + 1);
      const expected = runReference(randomPrimitives.randomBits, [keys], { size });
      expect(runKernel(engine, randomBits, [keys], [expected], { size })).toEqual([expected.data]);
    }
  });

  it.each(keyShapes)('splitKey gives the keys of the reference, for keys %j, …', (...shape) => {
    for (const count of counts) {
      const keys = randomKeys(shape, count + 100);
      const expected = runReference(randomPrimitives.splitKey, [keys], { count });
      expect(runKernel(engine, splitKey, [keys], [expected], { count })).toEqual([expected.data]);
    }
  });

  it('gives the same bits however the counters are cut', () => {
    const cut = {
      ...engine,
      parallel: ((f, args, items) => {
        for (let begin = 0; begin < items; begin += 8) f.call(...args, begin, Math.min(begin + 8, items));
      }) as typeof engine.parallel,
    };
    const keys = randomKeys([2, 2], 7);
    const expected = runReference(randomPrimitives.randomBits, [keys], { size: 77 });
    expect(runKernel(cut, randomBits, [keys], [expected], { size: 77 })).toEqual([expected.data]);
  });
});
