import { describe, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import { tensor } from '../../src/index.js';
import * as p from '../../src/primitives/calls.js';
import { checkDerivatives } from '../support/derivatives.js';
import { checkBatching, distinctTensor, randomTensor } from '../support/tensors.js';
import { generator, integer, randomShape } from '../support/kernels.js';

const SEEDS = [31, 32, 33];

/** Random shapes with random axes, none of them empty. */
function* cases(
  minRank: number,
): Generator<{ random: () => number; shape: number[]; axes: number[]; seed: number }> {
  for (const seed of SEEDS) {
    const random = generator(seed);
    for (let trial = 0; trial < 8; trial++) {
      const shape = randomShape(random, 3, 4, minRank).map((length) => Math.max(1, length));
      yield { random, shape, seed: trial, axes: shape.map((_, axis) => axis).filter(() => random() < 0.6) };
    }
  }
}

const reductions = { sum: p.sum, prod: p.prod, reduceMax: p.reduceMax, reduceMin: p.reduceMin };

describe.each(Object.entries(reductions))('%s', (name, call) => {
  it('has the derivatives of central differences', () => {
    for (const { random, shape, axes, seed } of cases(0)) {
      checkDerivatives(
        `${name} of [${shape.join()}] over ${axes.join()}`,
        (x) => call(x, axes),
        [distinctTensor(random, shape)],
        { seed },
      );
    }
  });

  it('vmaps as a loop', () => {
    for (const { random, shape, axes } of cases(0)) {
      checkBatching(name, (x) => call(x, axes), randomTensor(random, [3, ...shape]));
      checkBatching(
        name,
        (x) => call(x, axes),
        randomTensor(random, [3, ...shape], { dtype: 'int32', low: -4, high: 4 }),
      );
    }
  });
});

describe('prod', () => {
  it('has right derivatives at zeros, to second order', () => {
    for (const zeros of [1, 2, 3]) {
      for (const length of [3, 4, 7]) {
        const elements = Array.from({ length }, (_, i) => (i % 2 === 0 && i / 2 < zeros ? 0 : 1.5 - i / 4));
        checkDerivatives(`prod with ${zeros} zeros`, (x) => p.prod(x, [0]), [
          tensor(elements, { dtype: 'float64' }),
        ]);
      }
    }
  });
});

describe('cumsum', () => {
  it.each([false, true])(
    'has the derivatives of central differences and vmaps as a loop, reverse %s',
    (reverse) => {
      for (const { random, shape, seed } of cases(1)) {
        const axis = integer(random, 0, shape.length - 1);
        const f = (x: Tensor | undefined): Tensor => p.cumsum(x!, axis, reverse);
        checkDerivatives('cumsum', (x) => p.square(f(x)), [randomTensor(random, shape)], { seed });
        checkBatching('cumsum', f, randomTensor(random, [2, ...shape]));
      }
    },
  );
});

describe('argMax, argMin and argsort', () => {
  it('vmap as loops', () => {
    for (const { random, shape } of cases(1)) {
      const axis = integer(random, 0, shape.length - 1);
      for (const x of [
        randomTensor(random, [3, ...shape]),
        randomTensor(random, [3, ...shape], { dtype: 'int32', low: -2, high: 2 }),
      ]) {
        checkBatching('argMax', (t) => p.argMax(t, axis), x);
        checkBatching('argMin', (t) => p.argMin(t, axis), x);
        checkBatching('argsort', (t) => p.argsort(t, axis, true), x);
        checkBatching('argsort', (t) => p.argsort(t, axis), x);
      }
    }
  });
});
