import { afterAll, beforeAll, describe, it } from 'vitest';
import type { DType } from '../../src/dtype.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import type { PrimitiveName, PrimitiveParameters } from '../../src/primitives/parameters.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { sizeOf } from '../../src/shape.js';
import { generator, host, integer, randomHost, randomShape } from '../support/kernels.js';
import { startStream } from './device.js';
import { checkRule } from './ruleCheck.js';
import { deviceIsMissing } from './swiftShader.js';

const missing = await deviceIsMissing();

const dtypes = ['float32', 'int32', 'bool'] as const satisfies readonly DType[];

/** Elements are moved as they are, to the bit. */
const checkOn =
  (stream: () => Stream) =>
  <N extends PrimitiveName>(name: N, inputs: readonly HostArray[], params: PrimitiveParameters[N]) =>
    checkRule(stream(), name, inputs, params, 0);

describe.skipIf(missing).each([
  ['one binding', {}],
  ['several bindings', { bindingBytes: 256, storageBindings: 12 }],
])('%s', (_, capabilities) => {
  let stream: Stream;
  /** Small arrays fit into a few bindings of the least size. */
  const several = 'bindingBytes' in capabilities;
  beforeAll(async () => {
    stream = await startStream(capabilities);
  });
  afterAll(() => {
    stream.destroy();
  });

  const check = checkOn(() => stream);

  /** Random problems, a few of each dtype. */
  async function each(
    seed: number,
    one: (random: () => number, dtype: DType) => Promise<void>,
  ): Promise<void> {
    const random = generator(seed);
    for (let i = 0; i < (several ? 9 : 24); i++) await one(random, dtypes[i % 3]!);
  }

  /** Lengths that divide by 4 are of interest: they move as vectors. */
  const shapeOf = (random: () => number, minRank = 0): number[] => {
    const shape = several ? randomShape(random, 3, 5, minRank) : randomShape(random, 6, 4, minRank);
    return shape.map((n) => (n === 3 && random() < 0.6 ? 4 : n));
  };

  const some = (random: () => number, shape: readonly number[], dtype: DType): HostArray =>
    randomHost(random, shape, dtype, true);

  it('full', async () => {
    const values = [0, 1.5, -0, NaN, Infinity, -Infinity, 1e-40, -3.4e38, 2 ** 31 - 1, -(2 ** 31)];
    for (const value of values) await check('full', [], { shape: [5], dtype: 'float32', value });
    for (const value of [0, -1, 2 ** 31 - 1, -(2 ** 31)])
      await check('full', [], { shape: [], dtype: 'int32', value });
    for (const value of [0, 1]) await check('full', [], { shape: [2, 4], dtype: 'bool', value });
  });

  it('iota', () =>
    each(1, async (random, dtype) => {
      const shape = shapeOf(random, 1);
      const axis = integer(random, 0, shape.length - 1);
      await check('iota', [], { shape, dtype: dtype === 'bool' ? 'int32' : dtype, axis });
    }));

  it('transpose', () =>
    each(2, async (random, dtype) => {
      const shape = shapeOf(random);
      const permutation = shape
        .map((_, axis) => ({ axis, key: random() }))
        .sort((a, b) => a.key - b.key)
        .map(({ axis }) => axis);
      await check('transpose', [some(random, shape, dtype)], { permutation });
    }));

  it('broadcastTo', () =>
    each(3, async (random, dtype) => {
      const shape = shapeOf(random);
      const from = shape.slice(integer(random, 0, shape.length)).map((n) => (random() < 0.4 ? 1 : n));
      await check('broadcastTo', [some(random, from, dtype)], { shape });
    }));

  it('slice', () =>
    each(4, async (random, dtype) => {
      const shape = shapeOf(random).map((n, axis, { length }) => (axis === length - 1 ? n * 4 : n));
      const starts = shape.map((n) => (random() < 0.4 ? 0 : integer(random, 0, n)));
      const stops = shape.map((n, axis) => (random() < 0.5 ? n : integer(random, starts[axis]!, n)));
      const steps = shape.map(() => (random() < 0.6 ? 1 : integer(random, 2, 3)));
      await check('slice', [some(random, shape, dtype)], { starts, stops, steps });
    }));

  it('flip', () =>
    each(5, async (random, dtype) => {
      const shape = shapeOf(random);
      const axes = shape.map((_, axis) => axis).filter(() => random() < 0.5);
      await check('flip', [some(random, shape, dtype)], { axes });
    }));

  it('pad', () =>
    each(6, async (random, dtype) => {
      const shape = shapeOf(random).slice(0, several ? 2 : 5);
      const width = (): number => [0, 0, 1, 2, 4, -1][integer(random, 0, 5)]!;
      const interior = shape.map(() => (random() < 0.7 ? 0 : integer(random, 1, 3)));
      const low = shape.map(width);
      const high = shape.map((n, axis) => {
        const dilated = n === 0 ? 0 : n + (n - 1) * interior[axis]!;
        return Math.max(width(), -(dilated + low[axis]!));
      });
      const value = dtype === 'bool' ? 1 : dtype === 'int32' ? -7 : NaN;
      await check('pad', [some(random, shape, dtype)], { low, high, interior, value });
    }));

  it('concat', () =>
    each(7, async (random, dtype) => {
      const shape = shapeOf(random, 1).map((n) => (several ? n : n * 2));
      const axis = integer(random, 0, shape.length - 1);
      const fours = random() < 0.5;
      const inputs = Array.from({ length: integer(random, 1, several ? 5 : 30) }, () => {
        const length = fours ? 4 * integer(random, 0, 2) : integer(random, 0, 3);
        return some(random, shape.map((n, i) => (i === axis ? length : n)), dtype); // prettier-ignore
      });
      await check('concat', inputs, { axis });
    }));

  it('dynamicSlice and dynamicUpdateSlice', () =>
    each(8, async (random, dtype) => {
      const shape = shapeOf(random);
      const sizes = shape.map((n) => (random() < 0.4 ? n : integer(random, 0, n)));
      const starts = shape.map((n) => host([], 'int32', [integer(random, -2, n + 2)]));
      const x = some(random, shape, dtype);
      await check('dynamicSlice', [x, ...starts], { sizes });
      await check('dynamicUpdateSlice', [x, some(random, sizes, dtype), ...starts], {});
    }));
});

describe.skipIf(missing)('larger problems', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });
  const check = checkOn(() => stream);
  const numbers = (...shape: number[]): HostArray =>
    host(
      shape,
      'int32',
      Int32Array.from({ length: sizeOf(shape) }, (_, i) => i),
    );

  it.each([
    [
      [70, 45],
      [1, 0],
    ],
    [
      [3, 700],
      [1, 0],
    ],
    [
      [700, 3],
      [1, 0],
    ],
    [
      [2, 9, 200],
      [0, 2, 1],
    ],
    [
      [3, 40, 5, 33],
      [2, 3, 0, 1],
    ],
    [
      [33, 4, 65],
      [2, 1, 0],
    ],
    [
      [2, 17, 3, 4, 40],
      [4, 0, 3, 1, 2],
    ],
    [
      [6, 5, 4, 8],
      [0, 2, 1, 3],
    ],
  ])('transposes %j by %j', async (shape, permutation) => {
    await check('transpose', [numbers(...shape)], { permutation });
  });

  it('moves vectors where sizes allow it', async () => {
    const x = numbers(4, 6, 8);
    const starts = [1, 3, 4].map((start) => host([], 'int32', [start]));
    await check('broadcastTo', [numbers(6, 1, 8)], { shape: [3, 6, 5, 8] });
    await check('broadcastTo', [numbers(6, 8, 1)], { shape: [2, 6, 8, 12] });
    await check('slice', [x], { starts: [1, 2, 4], stops: [4, 6, 8], steps: [2, 1, 1] });
    await check('slice', [numbers(50, 2)], { starts: [2, 0], stops: [45, 2], steps: [1, 1] });
    await check('flip', [x], { axes: [0, 1] });
    await check('flip', [x], { axes: [2] });
    await check('pad', [x], {
      low: [1, 2, 4],
      high: [0, -1, 8],
      interior: [1, 2, 0],
      value: 5,
    });
    await check('dynamicSlice', [x, ...starts], { sizes: [2, 2, 8] });
    await check('dynamicUpdateSlice', [x, numbers(2, 3, 8), ...starts], {});
    await check('dynamicUpdateSlice', [x, numbers(2, 6, 4), ...starts], {});
    await check('concat', [x, numbers(4, 2, 8), numbers(4, 1, 8)], { axis: 1 });
    await check('concat', [numbers(8), numbers(12), numbers(3)], { axis: 0 });
  });

  it('fills what is around nothing', async () => {
    const none = host([0, 3], 'int32');
    const start = host([], 'int32', [1]);
    await check('pad', [none], { low: [2, 1], high: [0, 0], interior: [3, 1], value: 7 });
    await check('dynamicUpdateSlice', [numbers(4, 3), none, start, start], {});
    await check('concat', [none, numbers(2, 3), none], { axis: 0 });
  });

  it('lays out more than 65,535 workgroups', async () => {
    const small = await startStream({ threads: 2 });
    const checkSmall = checkOn(() => small);
    const shape = [66000, 3, 4];
    await checkSmall('iota', [], { shape, dtype: 'int32', axis: 0 });
    await checkSmall('transpose', [numbers(...shape)], { permutation: [0, 2, 1] });
    await checkSmall('concat', [numbers(...shape), numbers(...shape)], { axis: 2 });
    small.destroy();
  });
});
