import { describe, expect, it } from 'vitest';
import { diag } from '@core/tensor';
import { loraAttentionMatrices, randomLoraAttention, rankReport } from '../../src/index.js';
import { f64, thrown } from '../support.js';
import { goldens, partialProblem } from './problems.js';

const gammas = [0.25, 0.5, 1, 2, 4];

function ranksOf(problem: ReturnType<typeof partialProblem>): { f: number; q: number; p: number } {
  const { f, q, p } = loraAttentionMatrices(problem);
  return { f: rankReport(f).rank.item(), q: rankReport(q).rank.item(), p: rankReport(p).rank.item() };
}

describe('rankReport', () => {
  it('counts singular values above a share of the largest', () => {
    const m = diag(f64([1e-7, 2, 1e-3, 0]));
    const { rank, singularValues } = rankReport(m);
    expect(rank.dtype).toBe('int32');
    expect(rank.item()).toBe(2);
    [2, 1e-3, 1e-7, 0].forEach((s, i) => expect(singularValues.at(i).item()).toBeCloseTo(s, 15));
    expect([1e-8, 1e-2].map((tolerance) => rankReport(m, tolerance).rank.item())).toEqual([3, 1]);
    expect(rankReport(m.mul(0)).rank.item()).toBe(0);
  });

  it('says what is wrong', () => {
    expect(thrown(() => rankReport(f64([1])))).toBe('SHAPE: rankReport: m must be a matrix with elements, got a float64[1] tensor'); // prettier-ignore
    expect(thrown(() => rankReport(f64([[1]]), NaN))).toMatch('tolerance must be a finite number of at least 0, got NaN'); // prettier-ignore
  });
});

describe('ranks of attention', () => {
  it('grow with the norm, as an independent implementation counts them', () => {
    const expected = { f: [9, 16, 31, 71, 160], p: [22, 36, 58, 117, 206] };
    gammas.forEach((gamma, i) => {
      const { f, q, p } = ranksOf(partialProblem(gamma));
      expect({ gamma, f, q, p }).toEqual(goldens.ranks[i]);
      for (const [found, wanted] of [
        [f, expected.f[i] ?? 0],
        [p, expected.p[i] ?? 0],
      ] as const) {
        // prettier-ignore
        expect(found).toBeGreaterThanOrEqual(0.75 * wanted);
        expect(found).toBeLessThanOrEqual(1.25 * wanted);
      }
      expect(q).toBeLessThanOrEqual(4);
    });
  });

  it('grow with the norm for other problems too', () => {
    for (const seed of [1, 2, 3]) {
      const ranks = gammas.map((gamma) => ranksOf(randomLoraAttention({ length: 96, seed, gamma })));
      for (let i = 1; i < ranks.length; i++) {
        expect(ranks[i]?.f).toBeGreaterThan(ranks[i - 1]?.f ?? 0);
        expect(ranks[i]?.p).toBeGreaterThanOrEqual(ranks[i - 1]?.p ?? 0);
        expect(ranks[i]?.q).toBeLessThanOrEqual(4);
      }
    }
  });
});
