import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import { grad, tensor } from '../../src/index.js';
import * as p from '../../src/primitives/calls.js';
import { checkDerivatives } from '../support/derivatives.js';
import { checkBatching, randomTensor } from '../support/tensors.js';
import { generator, integer, randomShape } from '../support/kernels.js';

const SEEDS = [51, 52, 53];

function trials(check: (random: () => number, seed: number) => void): void {
  for (const seed of SEEDS) {
    const random = generator(seed);
    for (let trial = 0; trial < 8; trial++) check(random, seed + trial);
  }
}

const square = p.square;

/** Starts that now and then have to be clamped. */
function someStarts(random: () => number, shape: readonly number[], batch: readonly number[] = []): Tensor[] {
  return shape.map((length) => randomTensor(random, batch, { dtype: 'int32', low: -1, high: length + 1 }));
}

describe('dynamicSlice and dynamicUpdateSlice', () => {
  it('have the derivatives of central differences', () => {
    trials((random, seed) => {
      const shape = randomShape(random, 3, 4);
      const sizes = shape.map((length) => integer(random, 0, length));
      const starts = someStarts(random, shape);
      const [x, update] = [randomTensor(random, shape), randomTensor(random, sizes)];
      checkDerivatives(
        'dynamicSlice',
        (t, ...s) => square(p.dynamicSlice(square(t), s, sizes)),
        [x, ...starts],
        { seed },
      );
      checkDerivatives(
        'dynamicUpdateSlice',
        (t, u, ...s) => square(p.dynamicUpdateSlice(square(t), square(u), s)),
        [x, update, ...starts],
        { seed },
      );
    });
  });

  it('vmap as loops, also where each example has its own window', () => {
    trials((random) => {
      const shape = randomShape(random, 2, 4);
      const sizes = shape.map((length) => integer(random, 0, length));
      for (const dtype of ['float64', 'int32', 'bool'] as const) {
        const make = (own: readonly number[]) =>
          p.cast(randomTensor(random, [3, ...own], { dtype: 'int32', low: -4, high: 4 }), dtype);
        const starts = someStarts(random, shape, [3]);
        checkBatching('dynamicSlice', (t, ...s) => p.dynamicSlice(t, s, sizes), make(shape), ...starts);
        checkBatching(
          'dynamicUpdateSlice',
          (t, u, ...s) => p.dynamicUpdateSlice(t, u, s),
          make(shape),
          make(sizes),
          ...starts,
        );
      }
    });
  });

  it('have derivatives under vmap with windows of their own', () => {
    const random = generator(7);
    const starts = tensor([0, 2, 1], { dtype: 'int32' });
    const x = randomTensor(random, [3, 5]);
    const windows = [0, 2, 1].map((start, i) => x.dataSync().slice(i * 5 + start, i * 5 + start + 2));
    const total = (t: Tensor): Tensor => {
      const rows = [0, 1, 2].map((i) => p.reshape(p.slice(t, [i, 0], [i + 1, 5]), [5]));
      return rows.reduce(
        (sum: Tensor, row, i) =>
          p.add(
            sum,
            p.sum(square(p.dynamicSlice(row, [p.reshape(p.slice(starts, [i], [i + 1]), [])], [2])), [0]),
          ),
        p.scalar(0, 'float64'),
      );
    };
    const gradient = grad(total)(x).dataSync();
    windows.forEach((window, i) =>
      window.forEach((v, j) => expect(gradient[i * 5 + [0, 2, 1][i]! + j]).toBeCloseTo(2 * v, 12)),
    );
  });
});

describe('gather and scatterAdd', () => {
  function sizes(random: () => number) {
    const [b, n, m, d] = [
      integer(random, 1, 3),
      integer(random, 1, 4),
      integer(random, 0, 4),
      integer(random, 0, 3),
    ];
    return { b, n, m, d, xb: random() < 0.4 ? 1 : b, ib: random() < 0.4 ? 1 : b };
  }

  it('have the derivatives of central differences', () => {
    trials((random, seed) => {
      const { n, m, d, xb, ib } = sizes(random);
      const indices = randomTensor(random, [ib, m], { dtype: 'int32', low: -n, high: n });
      checkDerivatives(
        'gather',
        (x, i) => square(p.gather(square(x), i)),
        [randomTensor(random, [xb, n, d]), indices],
        { seed },
      );
      const batches = Math.max(xb, ib);
      const [x, updates] = [randomTensor(random, [batches, n, d]), randomTensor(random, [batches, m, d])];
      checkDerivatives(
        'scatterAdd',
        (t, i, u) => square(p.scatterAdd(square(t), i, square(u))),
        [x, indices, updates],
        { seed },
      );
    });
  });

  it('vmap as loops', () => {
    trials((random) => {
      const { n, m, d, xb, ib } = sizes(random);
      const indices = randomTensor(random, [3, ib, m], { dtype: 'int32', low: -n, high: n });
      const batches = Math.max(xb, ib);
      for (const dtype of ['float64', 'int32'] as const) {
        const make = (...shape: number[]) =>
          p.cast(randomTensor(random, [3, ...shape], { dtype: 'int32', low: -4, high: 4 }), dtype);
        checkBatching('gather', (x, i) => p.gather(x, i), make(xb, n, d), indices);
        checkBatching(
          'scatterAdd',
          (x, i, u) => p.scatterAdd(x, i, u),
          make(batches, n, d),
          indices,
          make(batches, m, d),
        );
      }
    });
  });
});
