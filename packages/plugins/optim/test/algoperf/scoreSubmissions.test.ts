import { describe, expect, it } from 'vitest';
import { scoreSubmissions, type SubmissionTimes } from '../../src/index.js';
import { numbers, seeds, thrown } from '../support.js';

const inf = Infinity;
/** The worked example. */
const times = {
  A: { w1: 100, w2: 200, w3: inf, w4: 50 },
  B: { w1: 150, w2: 100, w3: 300, w4: 60 },
  C: { w1: 500, w2: 150, w3: 310, w4: inf },
};

/** Random times of four submissions on five workloads; about a fifth is not reached. */
function someTimes(seed: number): Record<string, Record<string, number>> {
  const random = numbers(seed, 20).map((x) => (x > 0.6 ? inf : 100 * 4 ** x));
  return Object.fromEntries(
    [0, 1, 2, 3].map((s) => [
      `s${s}`,
      Object.fromEntries([0, 1, 2, 3, 4].map((w) => [`w${w}`, random[5 * s + w]!])),
    ]),
  );
}

describe('the worked example', () => {
  it('has the ratios of the rules', () => {
    const { ratios } = scoreSubmissions(times);
    expect(ratios['A']).toEqual({ w1: 1, w2: 2, w3: inf, w4: 1 });
    expect(ratios['B']).toEqual({ w1: 1.5, w2: 1, w3: 1, w4: 1.2 });
    expect(ratios['C']).toEqual({ w1: inf, w2: 1.5, w3: 310 / 300, w4: inf });
  });

  it('has the exact scores, and those of the official trapezoids', () => {
    const exact = scoreSubmissions(times).scores;
    expect(exact['A']).toBeCloseTo(0.666667, 6);
    expect(exact['B']).toBeCloseTo(0.941667, 6);
    expect(exact['C']).toBeCloseTo(0.455556, 6);
    const { scores } = scoreSubmissions(times, { integration: 'trapezoid', points: 100 });
    expect(scores['A']).toBeCloseTo(0.667929, 6);
    expect(scores['B']).toBeCloseTo(0.941919, 6);
    expect(scores['C']).toBeCloseTo(0.454545, 6);
  });

  it('has the profile of its ratios', () => {
    const { profile } = scoreSubmissions(times);
    expect(profile(1)).toEqual({ A: 0.5, B: 0.5, C: 0 });
    expect(profile(1.2)).toEqual({ A: 0.5, B: 0.75, C: 0.25 });
    expect(profile(4)).toEqual({ A: 0.75, B: 1, C: 0.5 });
  });

  it('gives the geometric mean of speedups, over the best or over a reference', () => {
    expect(scoreSubmissions({ A: { v: 4, w: 10 }, B: { v: 1, w: 20 } }).speedupGeoMean).toEqual({
      A: expect.closeTo(0.5, 12) as number,
      B: expect.closeTo(Math.SQRT1_2, 12) as number,
    });
    const { speedupGeoMean } = scoreSubmissions(times, { reference: 'B' });
    expect(speedupGeoMean['B']).toBe(1);
    expect(speedupGeoMean['A']).toBe(0); // w3 was not reached
    const allowed = { w1: 999, w2: 999, w3: 999, w4: 999 };
    const official = scoreSubmissions(times, { reference: 'B', maxRuntimes: allowed }).speedupGeoMean['A'];
    expect(official).toBeCloseTo((1.5 * 0.5 * 0.3 * 1.2) ** 0.25, 12);
  });
});

describe('held-out variants', () => {
  const variants = { w2: 'w2-wide' };
  const withVariant = (a: number, b: number, c: number): SubmissionTimes => ({
    A: { ...times.A, 'w2-wide': a },
    B: { ...times.B, 'w2-wide': b },
    C: { ...times.C, 'w2-wide': c },
  });

  it('take away a base workload whose variant was not reached', () => {
    for (const missing of [inf, NaN, 4.1 * 210]) {
      const { ratios, scores } = scoreSubmissions(withVariant(220, missing, 210), { variants });
      expect(ratios['B']?.['w2']).toBe(inf);
      expect(ratios['A']?.['w2']).toBe(200 / 150);
      expect(ratios['C']?.['w2']).toBe(1);
      expect(Object.keys(ratios['A']!)).toEqual(['w1', 'w2', 'w3', 'w4']);
      expect(scores['B']).toBeCloseTo((3 - 0.5 / 3 - 0.2 / 3) / 4, 12);
    }
    const { 'w2-wide': _, ...without } = withVariant(220, 1, 210)['B']!;
    const { ratios } = scoreSubmissions({ ...withVariant(220, 1, 210), B: without }, { variants });
    expect(ratios['B']?.['w2']).toBe(inf);
  });

  it('count only where the base was reached: a variant of a missed workload is no best time', () => {
    const base = { A: { w: inf, v: 1 }, B: { w: 10, v: 10 } };
    expect(scoreSubmissions(base, { variants: { w: 'v' } }).ratios).toEqual({
      A: { w: inf },
      B: { w: 1 },
    });
  });
});

describe('properties', () => {
  it.each(seeds)(
    'a slower submission changes nobody else, nor does another unit of time (seed %i)',
    (seed) => {
      const all = someTimes(seed);
      const { scores } = scoreSubmissions(all);
      const slow = Object.fromEntries(
        Object.keys(all['s0']!).map((w) => [w, 1.01 * Math.max(...Object.values(all).map((row) => row[w]!))]),
      );
      expect(scoreSubmissions({ ...all, slow }).scores).toMatchObject(scores);
      const scaled = Object.fromEntries(
        Object.entries(all).map(([s, row]) => [s, { ...row, w2: row['w2']! * 8 }]),
      );
      expect(scoreSubmissions(scaled).scores).toEqual(scores);
    },
  );

  it.each(seeds)('profiles are non-decreasing steps in [0, 1] (seed %i)', (seed) => {
    const { profile, ratios } = scoreSubmissions(someTimes(seed));
    let before = profile(1);
    for (let tau = 1; tau <= 4; tau += 0.01) {
      const now = profile(tau);
      for (const [s, share] of Object.entries(now)) {
        expect(share).toBeGreaterThanOrEqual(before[s]!);
        expect(share).toBeLessThanOrEqual(1);
        expect(share).toBe(Object.values(ratios[s]!).filter((r) => r <= tau).length / 5);
      }
      before = now;
    }
  });

  it.each(seeds)('the trapezoids come to the exact score as their number grows (seed %i)', (seed) => {
    const all = someTimes(seed);
    const exact = scoreSubmissions(all).scores;
    const { scores } = scoreSubmissions(all, { integration: 'trapezoid', points: 100_001 });
    for (const [s, score] of Object.entries(scores)) expect(score).toBeCloseTo(exact[s]!, 4);
  });

  it('the fastest everywhere scores 1; a workload that nobody reached still counts', () => {
    const { scores } = scoreSubmissions({ A: { v: 1, w: 2 }, B: { v: 3, w: 2 } });
    expect(scores['A']).toBe(1);
    const hard = scoreSubmissions({ A: { v: 1, w: inf }, B: { v: 3 } }, { workloads: ['v', 'w'] });
    expect(hard.scores).toEqual({ A: 0.5, B: 1 / 6 });
    expect(hard.ratios['B']).toEqual({ v: 3, w: inf });
  });

  it('ratios are to the reference, where there is one', () => {
    const { ratios, scores } = scoreSubmissions(
      { A: { v: 50, w: 100 }, B: { v: 100, w: inf } },
      { reference: 'B' },
    );
    expect(ratios).toEqual({ A: { v: 0.5, w: 0 }, B: { v: 1, w: inf } });
    expect(scores).toEqual({ A: 1, B: 0.5 });
  });
});

it('refuses what makes no sense', () => {
  const refused = (wrong: unknown, options: object = {}): string =>
    thrown(() => scoreSubmissions(wrong as SubmissionTimes, options));
  expect(refused({})).toMatch(/^ARGUMENT: scoreSubmissions: times must be objects .* got no submission$/);
  expect(refused([1])).toMatch(/got \[1\]/);
  expect(refused({ A: 3 })).toMatch(/times of A must be an object/);
  expect(refused({ A: { w: NaN } })).toMatch(
    /the time of A on w must be greater than 0, or Infinity; got NaN/,
  );
  expect(refused({ A: { w: 0 } })).toMatch(/got 0$/);
  expect(refused({ A: {} })).toMatch(/no base workload/);
  expect(refused(times, { rMax: 1 })).toMatch(/rMax must be a finite number greater than 1/);
  expect(refused(times, { reference: 'D' })).toMatch(/reference must be the name of a submission/);
  expect(refused(times, { variants: { w9: 'w1' } })).toMatch(
    /variants must name a variant for a base workload/,
  );
  expect(refused(times, { integration: 'simpson' })).toMatch(/integration must be 'exact' or 'trapezoid'/);
  expect(refused(times, { points: 1 })).toMatch(/points must be a whole number of at least 2/);
  expect(refused(times, { workloads: [] })).toMatch(/workloads must be a list of at least one name/);
  expect(thrown(() => scoreSubmissions(times).profile(NaN))).toMatch(/tau must be a finite number/);
});
