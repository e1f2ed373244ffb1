import { describe, expect, it } from 'vitest';
import { measureScaling, normGauge, randomLoraAttention } from '../../src/index.js';
import { distance, thrown } from '../support.js';

describe('measureScaling', () => {
  it(
    'the approximation is linear in the length where the exact gradient is quadratic',
    { timeout: 60_000 },
    () => {
      const { rows, exactSlope, approximateSlope } = measureScaling({ lengths: [1024, 2048, 4096, 8192] });
      expect(exactSlope).toBeGreaterThan(1.7);
      expect(approximateSlope).toBeLessThan(1.4);
      const last = rows[3];
      expect((last?.exactSeconds ?? 0) / (last?.approximateSeconds ?? 1)).toBeGreaterThan(10);
      for (const { error } of rows) expect(error).toBeLessThan(1e-8);
    },
  );

  it('says what is wrong', () => {
    expect(thrown(() => measureScaling({ lengths: [] }))).toBe('ARGUMENT: measureScaling: lengths must be a list of whole numbers of at least 2, got []'); // prettier-ignore
    expect(thrown(() => measureScaling({ gamma: 0 }))).toMatch(
      'gamma must be a finite number greater than 0, got 0',
    );
    expect(thrown(() => measureScaling({ repeats: 0 }))).toMatch(
      'repeats must be a whole number of at least 1',
    );
  });
});

describe('randomLoraAttention', () => {
  it('draws the same problem from the same seed, in the given sizes', () => {
    const options = { length: 6, features: 3, rank: 1, adapt: 'query, key, value', seed: 5 } as const;
    const problem = randomLoraAttention(options);
    expect(distance(problem, randomLoraAttention(options))).toBe(0);
    expect(distance(problem, randomLoraAttention({ ...options, seed: 6 }))).toBeGreaterThan(0.1);
    expect(problem.inputs.query.shape).toEqual([6, 3]);
    expect(Object.values(problem.adapters).map(({ A, B }) => [A.shape, B.shape])).toEqual([[[1, 3], [3, 1]], [[1, 3], [3, 1]], [[1, 3], [3, 1]]]); // prettier-ignore
    expect(normGauge(randomLoraAttention({ length: 9, gamma: 2 })).norms.keys.item()).toBeCloseTo(2, 12);
    expect(thrown(() => randomLoraAttention({} as never))).toMatch('length is missing');
  });
});
