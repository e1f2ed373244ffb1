import { describe, expect, it } from 'vitest';
import { arange, jit, type Tensor } from '@core/tensor';
import { degreeForError, polyFeatureCount, polyFeatures, polynomialError } from '../../src/index.js';
import { chebyshevWeights } from '../../src/lora/polynomial.js';
import { f64, randomTensor, seeds, thrown } from '../support.js';

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

/** Σ_{k <= degree} xᵏ / k! */
function taylor(x: Tensor, degree: number): Tensor {
  return Array.from({ length: degree + 1 }, (_, k) => x.pow(k).div(factorial(k))).reduce((a, b) => a.add(b));
}

describe('polyFeatures', () => {
  it('are monomials over roots of factorials, by degree', () => {
    const features = polyFeatures(f64([[2, 3]]), 2).toArray() as number[][];
    const half = Math.SQRT1_2;
    [1, 2, 3, 4 * half, 6, 9 * half].forEach((x, i) => expect(features[0]?.[i]).toBeCloseTo(x, 14));
  });

  it('multiply to the Taylor sum of exp', () => {
    for (const seed of seeds) {
      for (const [d, degree] of [
        [1, 5],
        [3, 4],
        [4, 6],
        [5, 0],
      ] as const) {
        // prettier-ignore
        const [x, y] = [randomTensor(seed, [6, d]), randomTensor(seed + 9, [7, d])];
        const [u, v] = [polyFeatures(x, degree), polyFeatures(y, degree)];
        expect(u.shape).toEqual([6, polyFeatureCount(d, degree)]);
        const found = u.matmul(v, { transposeB: true });
        const expected = taylor(x.matmul(y, { transposeB: true }), degree);
        expect(found.sub(expected).abs().max().item()).toBeLessThan(1e-12);
      }
    }
  });

  it('are as many as the catalogue says', () => {
    expect([2, 4, 6, 8].map((degree) => polyFeatureCount(4, degree))).toEqual([15, 70, 210, 495]);
  });

  it('refuses what has no features', () => {
    expect(thrown(() => polyFeatures(f64([1, 2]), 2))).toBe('SHAPE: polyFeatures: x must be a float matrix [n, d] with elements, got a float64[2] tensor'); // prettier-ignore
    expect(thrown(() => polyFeatures(f64([[]]), 2))).toMatch('with elements');
    expect(thrown(() => polyFeatures(f64([[1]]).cast('int32'), 2))).toMatch('float matrix');
    expect(thrown(() => polyFeatures(f64([[1]]), -1))).toMatch(
      'degree must be a whole number of at least 0, got -1',
    );
    expect(thrown(() => polyFeatureCount(NaN, 2))).toMatch('d must be a whole number');
  });
});

describe('polynomialError', () => {
  const grid = arange(-500, 501, 1, { dtype: 'float64' }).div(500);

  it('taylor: the sum that is left, attained at R', () => {
    for (const radius of [0.1, 1, 4]) {
      for (const degree of [0, 2, 5, 8]) {
        const t = grid.mul(radius);
        const found = t.exp().sub(taylor(t, degree)).abs().max().item();
        const { exponential } = polynomialError({ radius, degree });
        // Differences of numbers near eᴿ are only as exact as those.
        expect(Math.abs(found - exponential)).toBeLessThan(1e-9 * exponential + 1e-14 * Math.exp(radius));
      }
    }
  });

  it('chebyshev: a bound, which is not far off and below Taylor’s', () => {
    for (const radius of [0.5, 2, 6]) {
      for (const degree of [2, 5, 8]) {
        const weights = chebyshevWeights(f64(radius), degree, 'float64').toArray() as number[];
        const found = weights
          .map((weight, k) => grid.pow(k).mul(weight / factorial(k)))
          .reduce((a, b) => a.add(b))
          .mul(Math.exp(radius))
          .sub(grid.mul(radius).exp());
        const { exponential } = polynomialError({ radius, degree, kind: 'chebyshev' });
        const most = found.abs().max().item();
        expect(most).toBeLessThanOrEqual(exponential + 1e-12);
        if (exponential > 1e-9) expect(most).toBeGreaterThan(exponential / 3);
        expect(exponential).toBeLessThan(polynomialError({ radius, degree }).exponential);
      }
    }
  });

  it('bounds the error of attention probabilities', () => {
    for (const seed of seeds) {
      const scores = randomTensor(seed, [20, 30]);
      for (const radius of [0.3, 1]) {
        const softmax = (e: Tensor): Tensor => e.div(e.sum(1, { keepDims: true }));
        for (const degree of [2, 4, 6]) {
          const s = scores.mul(radius);
          const ratio = softmax(taylor(s, degree)).div(softmax(s.exp())).sub(1).abs().max().item();
          const { attention } = polynomialError({ radius, degree });
          expect(ratio).toBeLessThanOrEqual(attention);
        }
      }
    }
    expect(polynomialError({ radius: 10, degree: 2 }).attention).toBe(Infinity);
    expect(polynomialError({ radius: 0, degree: 0 })).toEqual({ exponential: 0, attention: 0 });
  });

  it('the weights of chebyshev may be computed for a traced radius', () => {
    const compiled = jit((radius: Tensor) => chebyshevWeights(radius, 4, 'float64'))(f64(2));
    const eager = chebyshevWeights(f64(2), 4, 'float64');
    expect(compiled.sub(eager).abs().max().item()).toBeLessThan(1e-14);
  });
});

describe('degreeForError', () => {
  it('is the smallest degree that is good enough', () => {
    for (const kind of ['taylor', 'chebyshev'] as const) {
      for (const radius of [0.25, 1, 2]) {
        const degree = degreeForError({ radius, error: 1e-4, kind });
        expect(polynomialError({ radius, degree, kind }).attention).toBeLessThanOrEqual(1e-4);
        if (degree > 0)
          expect(polynomialError({ radius, degree: degree - 1, kind }).attention).toBeGreaterThan(1e-4);
      }
    }
  });

  it('grows as max(ln(1/ε) / ln(ln(1/ε) / R), R)', () => {
    for (const radius of [0.1, 0.5, 1, 4, 16]) {
      for (const error of [1e-3, 1e-6, 1e-9]) {
        const digits = Math.log(1 / error);
        const ratio = Math.log(digits / radius);
        const estimate = Math.max(ratio > 0 ? digits / ratio : 0, radius);
        const degree = degreeForError({ radius, error });
        expect(degree).toBeGreaterThan(estimate / 4);
        expect(degree).toBeLessThan(estimate * 6);
      }
    }
  });

  it('says when there is none, and what is wrong', () => {
    expect(thrown(() => degreeForError({ radius: 50, error: 1e-3, kind: 'chebyshev' }))).toBe('ARGUMENT: degreeForError: no chebyshev polynomial up to degree 14 has an error of 0.001 at radius 50'); // prettier-ignore
    expect(thrown(() => degreeForError({ radius: NaN, error: 1 }))).toMatch('radius must be a finite number of at least 0, got NaN'); // prettier-ignore
    expect(thrown(() => degreeForError({ radius: 1, error: 0 }))).toMatch('error must be a finite number greater than 0'); // prettier-ignore
    expect(thrown(() => degreeForError({ radius: 1 } as never))).toMatch('error is missing');
    expect(thrown(() => polynomialError({ degree: 1 } as never))).toMatch('radius is missing');
    expect(thrown(() => polynomialError({ radius: 1, degree: 15, kind: 'chebyshev' }))).toMatch('at most 14');
  });
});
