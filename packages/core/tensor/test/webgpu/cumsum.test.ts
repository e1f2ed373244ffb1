import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { generator, host, integer, randomHost, randomShape } from '../support/kernels.js';
import { startStream } from './device.js';
import { checkRule } from './ruleCheck.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('cumsum on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  async function check(x: HostArray, axis: number, on = stream): Promise<void> {
    for (const reverse of [false, true]) await checkRule(on, 'cumsum', [x], { axis, reverse });
  }

  /** Of positive numbers, whose running sums are not small beside those before them. */
  function positive(random: () => number, shape: readonly number[], dtype: 'float32' | 'int32'): HostArray {
    const x = randomHost(random, shape, dtype);
    x.data.forEach((value, i) => (x.data[i] = Math.abs(value)));
    return x;
  }

  it('sums along any axis', async () => {
    const random = generator(1);
    for (let k = 0; k < 40; k++) {
      const shape = randomShape(random, 4, 8, 1);
      const x = randomHost(random, shape, k % 2 === 0 ? 'float32' : 'int32');
      await check(x, integer(random, 0, shape.length - 1));
    }
  });

  it('sums along rows and columns of all lengths', async () => {
    const random = generator(2);
    const problems: [number[], number][] = [
      [[3, 256], 1],
      [[2, 1000], 1],
      [[2, 1023], 1],
      [[1, 4096], 1],
      [[2, 5003], 1],
      [[1, 9000], 1],
      [[600, 1028], 1],
      [[300, 3], 0],
      [[2, 129, 5], 1],
      [[5000, 2], 0],
    ];
    for (const [shape, axis] of problems)
      for (const dtype of ['float32', 'int32'] as const) await check(positive(random, shape, dtype), axis);
  });

  it('sums many numbers accurately', async () => {
    const random = generator(3);
    const x = host(
      [300_000],
      'float32',
      Float32Array.from({ length: 300_000 }, () => random()),
    );
    await check(x, 0);
    await check({ ...x, shape: [100_000, 3] }, 0);
  });

  it('lets nothing that is not finite act backwards', async () => {
    const x = host([1, 6000], 'float32');
    x.data.fill(1);
    x.data[20] = Infinity;
    x.data[5000] = NaN;
    await check(x, 1);
    await check({ ...x, shape: [6000, 1] }, 0);
  });

  it('needs neither subgroups nor one binding, and wraps integers', async () => {
    const random = generator(4);
    for (const changed of [{ subgroups: false }, { bindingBytes: 8192 }, { threads: 64 }]) {
      const other = await startStream(changed);
      await check(positive(random, [5001], 'float32'), 0, other);
      await check(positive(random, [5, 300], 'float32'), 1, other);
      await check(positive(random, [500, 3], 'float32'), 0, other);
      other.destroy();
    }
    const large = host([4], 'int32', [2 ** 31 - 1, 1, -(2 ** 31), -1]);
    await check(large, 0);
  });

  it('takes more workgroups than one dimension has', async () => {
    const random = generator(5);
    const single = await startStream({ threads: 1 });
    await check(randomHost(random, [70_000, 3], 'int32'), 1, single);
    await check(randomHost(random, [2, 3, 25_000], 'int32'), 1, single);
    single.destroy();
  });
});
