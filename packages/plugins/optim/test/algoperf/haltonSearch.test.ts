import { describe, expect, it } from 'vitest';
import { haltonSearch, type SearchSpace } from '../../src/index.js';
import { seeds, thrown } from '../support.js';

const unit = { min: 0, max: 1 };
const space = {
  learningRate: { min: 1e-4, max: 1e-1, scale: 'log' },
  momentum: { min: 0.5, max: 0.9 },
  nesterov: { values: ['yes', 'no', 'both'] },
} as const;

/** Share of the unit square's boxes [0, a) x [0, b) that is wrong by most: the star discrepancy on a grid. */
function discrepancy(points: readonly { x: number; y: number }[]): number {
  let most = 0;
  for (let a = 0.05; a <= 1; a += 0.05)
    for (let b = 0.05; b <= 1; b += 0.05) {
      const inside = points.filter(({ x, y }) => x < a && y < b).length / points.length;
      most = Math.max(most, Math.abs(inside - a * b));
    }
  return most;
}

describe('haltonSearch', () => {
  it('gives the same points for the same seed, others for another', () => {
    const points = haltonSearch(space, 15, 3);
    expect(haltonSearch(space, 15, 3)).toEqual(points);
    expect(haltonSearch(space, 15, 4)).not.toEqual(points);
    expect(points).toHaveLength(15);
  });

  it('keeps to the intervals and lists', () => {
    for (const seed of seeds) {
      const points = haltonSearch(space, 300, seed, { bases: [3, 5, 7] });
      const rates = points.map((p) => Math.log10(p.learningRate));
      expect(Math.min(...rates)).toBeGreaterThanOrEqual(-4);
      expect(Math.max(...rates)).toBeLessThan(-1);
      // Even on the logarithmic scale: each decade gets a third.
      expect(rates.filter((rate) => rate < -3).length / 300).toBeCloseTo(1 / 3, 1.5);
      for (const { momentum } of points) {
        expect(momentum).toBeGreaterThanOrEqual(0.5);
        expect(momentum).toBeLessThan(0.9);
      }
      for (const value of space.nesterov.values)
        expect(points.filter(({ nesterov }) => nesterov === value).length / 300).toBeCloseTo(1 / 3, 1.5);
    }
  });

  it.each(seeds)('in base 2 is the shifted sequence of Van der Corput (seed %i)', (seed) => {
    // Digits 0 and 1 cannot be permuted. Points 1 … 15 are the multiples of 1/16, and the shift moves all of them alike.
    const points = haltonSearch({ x: unit }, 15, seed, { bases: [2], skip: 0 }).map(({ x }) => x);
    const shift = points[0]! % (1 / 16);
    const cells = points.map((x) => Math.round((x - shift) * 16)).sort((a, b) => a - b);
    points.forEach((x) => expect((x % (1 / 16)) - shift).toBeCloseTo(0, 12));
    expect(new Set(cells).size).toBe(15);
  });

  it.each(seeds)('fills the square more evenly than its bases near 1000 do (seed %i)', (seed) => {
    const square = { x: unit, y: unit };
    const even = discrepancy(haltonSearch(square, 200, seed, { bases: [2, 3] }));
    expect(even).toBeLessThan(0.03);
    expect(discrepancy(haltonSearch(square, 200, seed))).toBeGreaterThan(even);
  });

  it('has no dimensions, or many more than primes below 1000', () => {
    expect(haltonSearch({}, 3, 1)).toEqual([{}, {}, {}]);
    const many: SearchSpace = Object.fromEntries(Array.from({ length: 170 }, (_, i) => [`h${i}`, unit]));
    expect(Object.keys(haltonSearch(many, 1, 1)[0]!)).toHaveLength(170);
  });

  it('refuses what makes no sense', () => {
    const refused = (wrong: unknown, count: unknown = 3, options: object = {}): string =>
      thrown(() => haltonSearch(wrong as SearchSpace, count as number, 1, options));
    expect(refused([])).toMatch(/^ARGUMENT: haltonSearch: space must be dimensions by name/);
    expect(refused({ a: 3 })).toMatch(/a must be \{ min, max, scale \} or \{ values: \[...\] \}, got 3/);
    expect(refused({ a: { min: NaN, max: 1 } })).toMatch(/got min NaN, max 1/);
    expect(refused({ a: { min: 2, max: 1 } })).toMatch(/must have min <= max, got 2 and 1/);
    expect(refused({ a: { min: 0, max: 1, scale: 'log' } })).toMatch(/min > 0 for the scale 'log', got 0/);
    expect(refused({ a: { min: 0, max: 1, scale: 'cubic' } })).toMatch(/'linear' or 'log', got "cubic"/);
    expect(refused({ a: { values: [] } })).toMatch(/a list of at least one value/);
    expect(refused({ a: unit }, -1)).toMatch(/count must be a whole number/);
    expect(refused({ a: unit }, 3, { bases: [4] })).toMatch(/bases must be a list of 1 different primes/);
    expect(refused({ a: unit }, 3, { skip: 0.5 })).toMatch(/skip must be a whole number/);
  });
});
