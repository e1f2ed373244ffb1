import { describe, expect, it } from 'vitest';
import { linalg, tensor, type Tensor } from '@core/tensor';
import {
  factorize,
  largestEigenvalue,
  solveFactored,
  symmetricEigen,
  symmetricTimes,
} from '../../src/blocks/dense.js';
import { nonNegativeQp } from '../../src/blocks/nonNegativeQp.js';
import { flat, normals, seeds } from '../support.js';
import { normalMatrix } from './data.js';

/** MᵀM of a normal matrix: singular for fewer rows than columns. */
function positive(seed: number, rows: number, size: number): { h: Float64Array; matrix: Tensor } {
  const a = normalMatrix(seed, rows, size);
  const matrix = a.T.matmul(a);
  return { h: Float64Array.from(flat(matrix)), matrix };
}

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? NaN))));

describe.each(seeds)('seed %i', (seed) => {
  it('solves as linalg.solve, or by the pseudo-inverse', () => {
    const r = Float64Array.from(normals(seed, 6));
    const full = positive(seed, 9, 6);
    expect(
      worst(solveFactored(factorize(full.h, 6), r), flat(linalg.solve(full.matrix, tensor(r)))),
    ).toBeLessThan(1e-9);
    const singular = positive(seed, 4, 6);
    const pseudo = linalg.pinv(singular.matrix).matmul(tensor(r));
    expect(worst(solveFactored(factorize(singular.h, 6), r), flat(pseudo))).toBeLessThan(1e-8);
  });

  it('finds eigenvalues', () => {
    for (const [rows, size] of [
      [9, 6],
      [4, 6],
      [40, 30],
      [1, 1],
    ] as const) {
      // prettier-ignore
      const { h, matrix } = positive(seed, rows, size);
      const want = flat(linalg.eigvalsh(matrix));
      const most = want.at(-1) ?? NaN;
      expect(
        worst(
          [...symmetricEigen(h, size).values].sort((a, b) => a - b),
          want,
        ),
      ).toBeLessThan(1e-12 * most);
      const got = largestEigenvalue((v) => symmetricTimes(h, size, v), size);
      expect(Math.abs(got - most)).toBeLessThan(1e-12 * most);
    }
    expect(largestEigenvalue((v) => v.map(() => 0), 3)).toBe(0);
  });

  it('the quadratic programme meets the conditions of its minimum', () => {
    for (const rows of [4, 12]) {
      const { h } = positive(seed, rows, 8);
      const q = symmetricTimes(h, 8, Float64Array.from(normals(seed + 5, 8))); // in the range: there is a minimum
      const start = Float64Array.from(normals(seed + 6, 8), (value) => Math.max(0, value));
      const y = nonNegativeQp(h, q, 8, start);
      const gradient = symmetricTimes(h, 8, y).map((value, i) => value + q[i]!);
      y.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(gradient[i]).toBeGreaterThan(-1e-9);
        expect(Math.abs(value * (gradient[i] ?? NaN))).toBeLessThan(1e-9);
      });
    }
  });
});
