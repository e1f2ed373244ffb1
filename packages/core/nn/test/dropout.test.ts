import { ones, random } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { dropout, dropoutLayer } from '../src/index.js';
import { distance, expectError, normal, seeds } from './support/checks.js';

describe('dropout', () => {
  it('zeroes the rate’s share and keeps the mean', () => {
    const count = 40_000;
    for (const seed of seeds) {
      for (const rate of [0.1, 0.5, 0.8]) {
        const y = dropout(random.key(seed), ones([count], { dtype: 'float64' }), rate);
        const values = [...y.dataSync()];
        const dropped = values.filter((value) => value === 0).length / count;
        // Five standard deviations of a binomial share.
        const allowed = 5 * Math.sqrt((rate * (1 - rate)) / count);
        expect(Math.abs(dropped - rate)).toBeLessThan(allowed);
        expect(Math.abs(y.mean().item() - 1)).toBeLessThan(allowed / (1 - rate));
        expect(new Set(values).size).toBe(2);
        expect(Math.max(...new Set(values))).toBe(1 / (1 - rate));
      }
    }
  });

  it('draws the same for the same key', () => {
    const x = normal(1, [100]);
    const [a, b] = random.split(random.key(1));
    expect(distance(dropout(a, x, 0.5), dropout(a, x, 0.5))).toBe(0);
    expect(distance(dropout(a, x, 0.5), dropout(b, x, 0.5))).toBeGreaterThan(0);
  });

  it('does nothing in evaluation and at rate 0, and leaves nothing at rate 1', () => {
    const x = normal(1, [10]);
    expect(dropoutLayer(0.9).apply({}, {}, x).output).toBe(x);
    expect(dropoutLayer(0).apply({}, {}, x, { train: true }).output).toBe(x);
    expect(dropout(random.key(1), x.div(0), 1).toArray()).toEqual(new Array(10).fill(0));
  });

  it('refuses rates outside 0..1, and training without a key', () => {
    for (const rate of [-0.1, 1.1, NaN]) {
      expectError(() => dropoutLayer(rate), 'ARGUMENT', `rate must lie between 0 and 1, got ${rate}`);
      expectError(() => dropout(random.key(1), normal(1, [2]), rate), 'ARGUMENT', `got ${rate}`);
    }
    expectError(
      () => dropoutLayer().apply({}, {}, normal(1, [2]), { train: true }),
      'ARGUMENT',
      'dropout: training needs a random key; pass { train: true, key }, a new key for every step',
    );
  });
});
