import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../src/backends/cpu/create.js';
import {
  broadcastToKernel,
  concatKernel,
  flipKernel,
  sliceKernel,
} from '../../../src/backends/cpu/kernels/strided.js';
import { padKernel } from '../../../src/backends/cpu/kernels/pad.js';
import { dtypes } from '../../../src/dtype.js';
import { layoutPrimitives } from '../../../src/primitives/layout.js';
import { generator, integer, randomHost } from '../../support/kernels.js';
import { runKernel } from './convSupport.js';
import { expectSame, someShape } from './moveSupport.js';

const rounds = 150;
const seeds = dtypes.map((dtype, i) => ({ dtype, seed: 17 + i }));

describe('strided copies are those of the reference', () => {
  it.each(seeds)('broadcastTo of $dtype', ({ dtype, seed }) => {
    const random = generator(seed);
    for (let round = 0; round < rounds; round++) {
      const shape = someShape(random);
      const from = shape
        .map((length) => (random() < 0.4 ? 1 : length))
        .slice(integer(random, 0, shape.length));
      expectSame(broadcastToKernel, layoutPrimitives.broadcastTo, [randomHost(random, from, dtype, true)], {
        shape,
      });
    }
  });

  it.each(seeds)('slice of $dtype', ({ dtype, seed }) => {
    const random = generator(seed);
    for (let round = 0; round < rounds; round++) {
      const shape = someShape(random);
      const starts = shape.map((length) => (random() < 0.4 ? 0 : integer(random, 0, length)));
      const stops = shape.map((length, axis) =>
        random() < 0.4 ? length : integer(random, starts[axis]!, length),
      );
      const steps = shape.map(() => (random() < 0.6 ? 1 : integer(random, 2, 4)));
      expectSame(sliceKernel, layoutPrimitives.slice, [randomHost(random, shape, dtype, true)], {
        starts,
        stops,
        steps,
      });
    }
  });

  it.each(seeds)('flip of $dtype', ({ dtype, seed }) => {
    const random = generator(seed);
    for (let round = 0; round < rounds; round++) {
      const shape = someShape(random);
      const axes = [...shape.keys()].filter(() => random() < 0.5);
      expectSame(flipKernel, layoutPrimitives.flip, [randomHost(random, shape, dtype, true)], { axes });
    }
  });

  it.each(seeds)('concat of $dtype', ({ dtype, seed }) => {
    const random = generator(seed);
    for (let round = 0; round < rounds; round++) {
      const shape = someShape(random, 4, 1);
      const axis = integer(random, 0, shape.length - 1);
      const inputs = Array.from({ length: integer(random, 1, 4) }, () =>
        randomHost(
          random,
          shape.map((length, a) => (a === axis ? integer(random, 0, 20) : length)),
          dtype,
          true,
        ),
      );
      expectSame(concatKernel, layoutPrimitives.concat, inputs, { axis });
    }
  });

  it.each(seeds)('pad of $dtype, cropped and with fillers between elements', ({ dtype, seed }) => {
    const random = generator(seed);
    for (let round = 0; round < 2 * rounds; round++) {
      const shape = someShape(random, 4);
      const plain = random() < 0.6;
      const interior = shape.map(() => (plain || random() < 0.5 ? 0 : integer(random, 1, 3)));
      const covered = shape.map((length, axis) =>
        length === 0 ? 0 : length + (length - 1) * interior[axis]!,
      );
      const low = covered.map((length) => integer(random, -Math.min(length, 3), 3));
      const high = covered.map((length, axis) => integer(random, -Math.min(length + low[axis]!, 3), 3));
      const value = [0, 1, -2.5, NaN, -Infinity, -0][integer(random, 0, 5)]!;
      expectSame(padKernel, layoutPrimitives.pad, [randomHost(random, shape, dtype, true)], {
        low,
        high,
        interior,
        value,
      });
    }
  });

  it('pad of arrays larger than a block', () => {
    const none = [0, 0, 0];
    const cases = [
      { shape: [3, 70, 70], low: [0, 1, 2], high: [0, 2, 1], interior: none },
      { shape: [2, 3, 9000], low: [1, 0, 3], high: [0, 1, 5], interior: none },
      { shape: [2, 3, 9000], low: [0, -1, -7], high: [2, 0, -9], interior: none },
      { shape: [40, 20, 30], low: [2, 0, 0], high: [1, 0, 0], interior: none },
      { shape: [3, 60, 50], low: [1, 1, 1], high: [1, 1, 1], interior: [0, 1, 2] },
      { shape: [3, 60, 50], low: [0, 1, 1], high: [1, 1, 1], interior: [2, 0, 1] },
      { shape: [1, 0, 20000], low: [0, 1, 1], high: [1, 1, 1], interior: none },
    ];
    const random = generator(5);
    for (const { shape, ...widths } of cases)
      expectSame(padKernel, layoutPrimitives.pad, [randomHost(random, shape, 'float32')], {
        ...widths,
        value: 7,
      });
  });

  it('keeps the bits of every NaN', () => {
    const data = new Float32Array(Uint32Array.of(0x7f800001, 0xffc00123, 0x7fc00000, 0xff812345, 1).buffer);
    const shape = [5];
    const [out] = runKernel(
      createEngine({ threads: 1 }),
      flipKernel,
      [{ shape, dtype: 'float32', data }],
      [{ shape, dtype: 'float32' }],
      { axes: [0] },
    )!;
    expect([...new Uint32Array(out!.buffer)]).toEqual([1, 0xff812345, 0x7fc00000, 0xffc00123, 0x7f800001]);
  });
});
