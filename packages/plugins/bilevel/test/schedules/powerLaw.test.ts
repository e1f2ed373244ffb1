import { describe, expect, it } from 'vitest';
import { jit, tensor, type Tensor } from '@core/tensor';
import { powerLaw } from '../../src/index.js';

describe('powerLaw', () => {
  it('is value (1 + k / offset)^-exponent, for numbers and traced counts', () => {
    const falls = powerLaw({ value: 3, exponent: 2 / 3, offset: 7 });
    const traced = jit((count: Tensor) => falls(count) as Tensor);
    for (const k of [0, 1, 6, 1000]) {
      const want = 3 * (1 + k / 7) ** (-2 / 3);
      expect(falls(k)).toBeCloseTo(want, 12);
      expect(traced(tensor(k, { dtype: 'int32' })).item()).toBeCloseTo(want, 10);
    }
    expect(powerLaw({ value: 2, exponent: -1 })(4)).toBe(10);
  });

  it('names what makes no sense', () => {
    expect(() => powerLaw({ value: 1, exponent: 1, offset: 0 })).toThrow(
      /powerLaw: offset must be a finite number greater than 0, got 0/,
    );
    expect(() => powerLaw({ value: 1 } as never)).toThrow(/powerLaw: exponent is missing/);
  });
});
