import { describe, expect, it } from 'vitest';
import { slopeOf, slopeWithInterval } from '../src/bilevelRates/measure.mjs';
import { measureRates } from '../src/bilevelRates/rates.mjs';

describe('slopes', () => {
  it('are those of powers, with intervals that hold them', () => {
    const xs = [1, 10, 100];
    expect(slopeOf(xs, xs.map((x) => 3 * x ** -0.4))).toBeCloseTo(-0.4, 12); // prettier-ignore
    const bySeed = xs.map((x) => [0.9, 1, 1.1].map((factor) => factor * x ** -0.5));
    const { slope, low, high } = slopeWithInterval(xs, bySeed);
    expect(slope).toBeCloseTo(-0.5, 12);
    expect([low, high].every((value) => Math.abs(value + 0.5) < 1e-9)).toBe(true);
  });
});

describe('stochastic bilevel solvers', () => {
  it('fall over two decades of calls at least as fast as their papers state', () => {
    for (const { name, rate, low, means } of measureRates({
      from: 1000,
      decades: 2,
      perDecade: 1,
      seeds: 3,
    })) {
      // The interval of the slope over seeds, as the bench has it over three decades and more seeds.
      expect(low, name).toBeLessThanOrEqual(-rate);
      expect(means.at(-1), name).toBeLessThan((means[0] ?? 0) / 3);
    }
  }, 60_000);
});
