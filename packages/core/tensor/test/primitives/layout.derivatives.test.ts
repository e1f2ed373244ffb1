import { describe, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import * as p from '../../src/primitives/calls.js';
import { checkDerivatives } from '../support/derivatives.js';
import { checkBatching, randomTensor } from '../support/tensors.js';
import { generator, integer, randomShape } from '../support/kernels.js';

const SEEDS = [41, 42, 43];
const TRIALS = 10;

function trials(check: (random: () => number, shape: number[], seed: number) => void, minRank = 0): void {
  for (const seed of SEEDS) {
    const random = generator(seed);
    for (let trial = 0; trial < TRIALS; trial++)
      check(random, randomShape(random, 3, 4, minRank), seed + trial);
  }
}

/** Layout is linear; squares before and after make second derivatives that are not zero. */
function checkLinear(
  name: string,
  f: (...x: Tensor[]) => Tensor,
  shapes: readonly number[][],
  random: () => number,
  seed: number,
): void {
  const inputs = shapes.map((shape) => randomTensor(random, shape));
  checkDerivatives(name, (...x) => p.square(f(...x.map(p.square))), inputs, { seed });
  checkBatching(name, f, ...shapes.map((shape) => randomTensor(random, [3, ...shape])));
  checkBatching(
    name,
    f,
    ...shapes.map((shape) => randomTensor(random, [2, ...shape], { dtype: 'int32', low: -5, high: 5 })),
  );
}

function shuffled(random: () => number, n: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = integer(random, 0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

describe('derivatives and batching of layout primitives', () => {
  it('reshape', () => {
    trials((random, shape, seed) =>
      checkLinear('reshape', (x) => p.reshape(x, [...shape].reverse()), [shape], random, seed),
    );
  });

  it('transpose', () => {
    trials((random, shape, seed) => {
      const permutation = shuffled(random, shape.length);
      checkLinear('transpose', (x) => p.transpose(x, permutation), [shape], random, seed);
    });
  });

  it('broadcastTo', () => {
    trials((random, shape, seed) => {
      const own = shape.map((length) => (random() < 0.5 ? 1 : length));
      const target = [
        ...randomShape(random, 2, 3),
        ...own.map((length) => (length === 1 ? integer(random, 1, 3) : length)),
      ];
      checkLinear('broadcastTo', (x) => p.broadcastTo(x, target), [own], random, seed);
    });
  });

  it('slice', () => {
    trials((random, shape, seed) => {
      const starts = shape.map((length) => integer(random, 0, length));
      const stops = shape.map((length, axis) => integer(random, starts[axis]!, length));
      const steps = shape.map(() => integer(random, 1, 3));
      checkLinear('slice', (x) => p.slice(x, starts, stops, steps), [shape], random, seed);
    });
  });

  it('pad, with fillers between and crops', () => {
    trials((random, shape, seed) => {
      const interior = shape.map(() => integer(random, 0, 2));
      const low = shape.map(() => integer(random, -2, 2));
      const high = shape.map((length, axis) => {
        const dilated = length === 0 ? 0 : length + (length - 1) * interior[axis]!;
        return Math.max(integer(random, -2, 2), -(dilated + low[axis]!));
      });
      checkLinear('pad', (x) => p.pad(x, low, high, interior, 2), [shape], random, seed);
    });
  });

  it('concat', () => {
    trials((random, shape, seed) => {
      const axis = integer(random, 0, shape.length - 1);
      const shapes = Array.from({ length: integer(random, 2, 3) }, () =>
        shape.with(axis, integer(random, 0, 3)),
      );
      checkLinear('concat', (...xs) => p.concat(xs, axis), shapes, random, seed);
    }, 1);
  });

  it('flip', () => {
    trials((random, shape, seed) => {
      const axes = shape.map((_, axis) => axis).filter(() => random() < 0.6);
      checkLinear('flip', (x) => p.flip(x, axes), [shape], random, seed);
    });
  });

  it('full, iota and stopGradient under vmap', () => {
    trials((random, shape) => {
      checkBatching(
        'full',
        (x) => p.add(x, p.full(shape, 3, 'float64')),
        randomTensor(random, [2, ...shape]),
      );
      checkBatching('stopGradient', (x) => p.stopGradient(x), randomTensor(random, [2, ...shape]));
      if (shape.length === 0) return;
      checkBatching(
        'iota',
        (x) => p.mul(x, p.iota(shape, shape.length - 1, 'float64')),
        randomTensor(random, [2, ...shape]),
      );
    });
  });
});
