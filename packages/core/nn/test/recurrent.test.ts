import { random, zeros } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { gru, gruCell } from '../src/index.js';
import { expectClose, expectError, normal, seeds } from './support/checks.js';

const make = (seed: number) => gru(3).init(random.key(seed), [5, 2], { dtype: 'float64' }).params;

describe('gru', () => {
  it('is its cell, step by step', () => {
    for (const seed of seeds) {
      const params = make(seed);
      const x = normal(seed, [4, 5, 2]);
      const { output } = gru(3).apply(params, {}, x);
      let h = zeros([4, 3], { dtype: 'float64' });
      for (let t = 0; t < 5; t++) {
        h = gruCell(x.take(t, 1), h, params);
        expectClose(output.take(t, 1), h);
      }
      expectClose(gru(3, { output: 'last' }).apply(params, {}, x).output, h);
    }
  });

  it('starts within 1/√size and keeps its state between -1 and 1', () => {
    const params = make(1);
    for (const leaf of Object.values(params)) expect(leaf.abs().max().item()).toBeLessThan(1 / Math.sqrt(3));
    const { output } = gru(3).apply(params, {}, normal(2, [4, 50, 2]).mul(100));
    expect(output.abs().max().item()).toBeLessThanOrEqual(1);
  });

  it('refuses what does not fit', () => {
    const params = make(1);
    expectError(() => gru(0), 'ARGUMENT', 'gru: size must be a whole number of at least 1, got 0');
    expectError(
      () => gru(3).init(random.key(1), [2]),
      'SHAPE',
      'gru: examples must have the shape [length, features]',
    );
    expectError(
      () => gru(3).apply(params, {}, normal(1, [4, 2])),
      'SHAPE',
      '[batch, length, features], got [4,2]',
    );
    expectError(() => gru(3).apply(params, {}, normal(1, [4, 5, 3])), 'SHAPE', 'gru: input has 3 features');
    expectError(
      () => gruCell(normal(1, [4, 2]), normal(1, [4, 2]), params),
      'SHAPE',
      'gruCell: the state must have the shape [4,3], got [4,2]',
    );
  });
});
