import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reduceRules } from '../../src/backends/webgpu/kernels/reduce.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import type { DType } from '../../src/dtype.js';
import { generator, host, integer, randomHost, randomShape } from '../support/kernels.js';
import { runKernel, startStream } from './device.js';
import { checkRule } from './ruleCheck.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('reductions and positions of extremes on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  const reductions = ['sum', 'prod', 'reduceMax', 'reduceMin'] as const;
  const check = (
    name: (typeof reductions)[number],
    x: ReturnType<typeof host>,
    axes: readonly number[],
    on = stream,
  ) =>
    // Every factor of a product costs a rounding, in whatever order.
    checkRule(on, name, [x], { axes }, name === 'prod' ? 2e-5 : 3e-6);

  /** Numbers whose products stay of a size that floats can hold. */
  function factors(random: () => number, shape: readonly number[], dtype: DType) {
    const x = randomHost(random, shape, dtype);
    if (dtype === 'float32') x.data.forEach((_, i) => (x.data[i] = 1 + (random() - 0.5) / 16));
    return x;
  }

  const elements = (random: () => number, name: string, shape: readonly number[], dtype: DType) =>
    name === 'prod' ? factors(random, shape, dtype) : randomHost(random, shape, dtype, name !== 'sum');

  describe('reductions', () => {
    it('over any axes of small arrays, some of them empty', async () => {
      const random = generator(1);
      for (let k = 0; k < 80; k++) {
        const name = reductions[k % 4]!;
        const dtype = (['float32', 'int32', 'bool'] as const)[k % (k % 4 < 2 ? 2 : 3)]!;
        const shape = randomShape(random, 5, 7);
        const axes = shape.flatMap((length, axis) =>
          random() < 0.6 && (length > 0 || k % 4 < 2) ? [axis] : [],
        );
        await check(name, elements(random, name, shape, dtype), axes);
      }
    });

    it('over rows, columns and both, of every way of dividing the work', async () => {
      const random = generator(2);
      const problems: [number[], number[]][] = [
        [[10007], [0]],
        [[40000], [0]],
        [[3, 5000], [1]],
        [[3, 5001], [1]],
        [[300, 36], [1]],
        [[70, 9], [1]],
        [[5000, 3], [0]],
        [[3000, 8], [0]],
        [[900, 70], [0]],
        [[33, 300], [0]],
        [[20, 37, 12], [1]],
        [[9, 200, 5], [1]],
        [
          [6, 50, 40],
          [0, 2],
        ],
        [
          [4, 5, 6, 7, 8],
          [1, 3],
        ],
      ];
      for (const [shape, axes] of problems)
        for (const name of reductions) {
          const dtype = random() < 0.7 ? 'float32' : 'int32';
          await check(name, elements(random, name, shape, dtype), axes);
        }
    });

    it('without subgroups, in small bindings, and with more workgroups than one dimension has', async () => {
      const random = generator(3);
      for (const changed of [
        { subgroups: false },
        { bindingBytes: 2048 },
        { subgroups: false, threads: 64 },
      ]) {
        const other = await startStream(changed);
        await check('sum', randomHost(random, [3001], 'float32'), [0], other);
        await check('reduceMax', randomHost(random, [2, 1028], 'float32', true), [1], other);
        await check('sum', randomHost(random, [40, 52], 'float32'), [0], other);
        other.destroy();
      }
      const single = await startStream({ threads: 1 });
      await check('sum', randomHost(random, [70000, 2], 'float32'), [1], single);
      single.destroy();
    });

    it('sums many numbers accurately, the same each time', async () => {
      const random = generator(4);
      const data = Float32Array.from({ length: 1_000_000 }, () => random());
      const exact = data.reduce((a, b) => a + b, 0);
      const shapes = [
        [[1_000_000], [0], 1],
        [[1, 1_000_000], [1], 1],
        [[250_000, 4], [0, 1], 1],
      ] as const;
      for (const [shape, axes] of shapes) {
        const x = { shape, dtype: 'float32' } as const;
        const kernel = reduceRules.sum(
          { primitive: 'sum', params: { axes }, inputs: [x], outputs: [{ shape: [], dtype: 'float32' }] },
          stream.gpu.capabilities,
        );
        const sums = [0, 1].map(() => runKernel(stream, kernel, [data], [{ dtype: 'float32', elements: 1 }]));
        const [first, second] = await Promise.all(sums);
        expect(Math.abs(first![0]![0]! - exact) / exact).toBeLessThan(5e-7);
        expect(second).toEqual(first);
      }
    });

    it('let NaN win and infinities pass', async () => {
      for (const name of ['reduceMax', 'reduceMin', 'sum'] as const)
        for (const at of [0, 1, 6, 258]) {
          const x = host([2, 259], 'float32');
          x.data.fill(-Infinity, 0, 259);
          x.data[259 + at] = NaN;
          await check(name, x, [1]);
          await check(name, x, [0]);
        }
    });
  });

  describe('positions of extremes', () => {
    const checkBoth = async (x: ReturnType<typeof host>, axis: number): Promise<void> => {
      await checkRule(stream, 'argMax', [x], { axis });
      await checkRule(stream, 'argMin', [x], { axis });
    };

    it('along any axis, with ties and NaN', async () => {
      const random = generator(5);
      for (let k = 0; k < 40; k++) {
        const shape = randomShape(random, 4, 8, 1);
        const axis = integer(random, 0, shape.length - 1);
        if (shape[axis] === 0) shape[axis] = 1;
        await checkBoth(
          randomHost(random, shape, (['float32', 'int32', 'bool'] as const)[k % 3]!, true),
          axis,
        );
      }
    });

    it('of long axes', async () => {
      const random = generator(6);
      await checkBoth(randomHost(random, [2, 9000], 'int32'), 1);
      await checkBoth(randomHost(random, [9001], 'float32'), 0);
      await checkBoth(randomHost(random, [9001], 'float32', true), 0);
      await checkBoth(randomHost(random, [7000, 3], 'float32'), 0);
      await checkBoth(host([3], 'int32', [-(2 ** 31), -(2 ** 31), 2 ** 31 - 1]), 0);
      await checkBoth(host([4], 'float32', [0, -0, 0, -0]), 0);
      await checkBoth(host([3], 'float32', [-Infinity, -Infinity, -3e38]), 0);
    });
  });
});
