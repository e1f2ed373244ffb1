import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { generator, host, integer, randomHost, randomShape } from '../support/kernels.js';
import { startStream } from './device.js';
import { checkRule } from './ruleCheck.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('argsort on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  const checkOne = (x: HostArray, axis: number, descending: boolean, on = stream) =>
    checkRule(on, 'argsort', [x], { axis, descending });
  async function check(x: HostArray, axis: number, on = stream): Promise<void> {
    await checkOne(x, axis, false, on);
    await checkOne(x, axis, true, on);
  }

  const dtypes = ['float32', 'int32', 'bool'] as const;

  it('sorts along any axis, stably, with NaN last', async () => {
    const random = generator(1);
    for (let k = 0; k < 42; k++) {
      const shape = randomShape(random, 4, 9, 1);
      const axis = integer(random, 0, shape.length - 1);
      // One direction each: every shape and direction takes a shader, and those take the time.
      await checkOne(randomHost(random, shape, dtypes[k % 3]!, true), axis, k % 2 === 1);
    }
  });

  it('sorts axes of every length', async () => {
    const random = generator(2);
    const problems: [number[], number][] = [
      [[3, 500], 1],
      [[1000, 5], 1],
      [[100, 40], 0],
      [[600, 3], 0],
      [[2, 2048], 1],
      [[2, 2049], 1],
      [[5000], 0],
      [[3000, 2], 0],
      [[2, 9001], 1],
    ];
    for (const [i, [shape, axis]] of problems.entries()) {
      await checkOne(randomHost(random, shape, dtypes[i % 3]!, true), axis, i % 2 === 0);
      await checkOne(randomHost(random, shape, 'float32'), axis, i % 2 === 1);
    }
  });

  it('orders what is hard to order', async () => {
    await check(host([6], 'int32', [2 ** 31 - 1, -(2 ** 31), 0, 2 ** 31 - 1, -1, -(2 ** 31)]), 0);
    const hard = [0, -0, NaN, 1e-45, -1e-45, Infinity, -Infinity, -NaN, 3.4e38, -3.4e38, 0, -0];
    await check(host([12], 'float32', hard), 0);
    const negative = host([3], 'float32', [1, 0, 2]);
    new Uint32Array(negative.data.buffer)[1] = 0xffc00000;
    await check(negative, 0);
  });

  it('sorts in small bindings and small workgroups', async () => {
    const random = generator(3);
    for (const changed of [{ bindingBytes: 8192 }, { threads: 64 }]) {
      const other = await startStream(changed);
      await check(randomHost(random, [3, 100], 'float32', true), 1, other);
      await check(randomHost(random, [4000], 'float32', true), 0, other);
      other.destroy();
    }
  });

  it('takes more workgroups than one dimension has', async () => {
    const single = await startStream({ threads: 1 });
    await check(randomHost(generator(4), [70_000, 2], 'int32'), 1, single);
    single.destroy();
  });
});
