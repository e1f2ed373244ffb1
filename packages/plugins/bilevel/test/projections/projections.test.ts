import { describe, expect, it } from 'vitest';
import { jit, type Tensor } from '@core/tensor';
import { affine, box, halfspace, hyperplane, polyhedron } from '../../src/index.js';
import { f64, flat, normal, relativeError } from '../support.js';

const w = normal(1, [4]).mul(2);

describe('projections', () => {
  it('have their closed forms', () => {
    const a = f64([1, 2, 0, -1]);
    expect(a.mul(hyperplane(a, 3)(w)).sum().item()).toBeCloseTo(3, 12);
    const inside = w.sub(a.mul(10));
    expect(flat(halfspace(a, 3)(inside))).toEqual(flat(inside));
    expect(a.mul(halfspace(a, -50)(w)).sum().item()).toBeCloseTo(-50, 10);
    expect(Math.max(...flat(box(-1, 0.5)(w)))).toBeLessThanOrEqual(0.5);
    const [e, d] = [normal(2, [2, 4]), normal(3, [2])];
    expect(relativeError(e.matmul(affine(e, d)(w)), d)).toBeLessThan(1e-12);
  });

  it('onto a polyhedron agree with simpler ones, and with the conditions of optimality', () => {
    const identity = f64([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]); // prettier-ignore
    const cap = polyhedron(identity, f64([0.5, 0.5, 0.5, 0.5]));
    expect(relativeError(cap(w), w.minimum(0.5))).toBeLessThan(1e-8);
    const [g, h] = [normal(5, [6, 4]), normal(6, [6]).abs()];
    const far = w.mul(5);
    const p = polyhedron(g, h, { iterations: 5000, tolerance: 1e-8 })(far);
    // (far - p)·(u - p) <= 0 for every u inside
    for (let seed = 20; seed < 60; seed++) {
      const u = polyhedron(g, h)(normal(seed, [4]).mul(3));
      expect(far.sub(p).mul(u.sub(p)).sum().item()).toBeLessThan(1e-3);
    }
    expect(relativeError(jit((z: Tensor) => polyhedron(g, h, { iterations: 5000 })(z))(far), p)).toBeLessThan(
      1e-8,
    );
  });

  it('say which constraint cannot hold', () => {
    const impossible = polyhedron(f64([[1, 0], [-1, 0]]), f64([-1, -1])); // prettier-ignore
    expect(() => impossible(f64([0, 0]))).toThrow(
      /polyhedron: the set is empty: constraint 0 is violated by 1 .* holds for no \|w\| < \S+/,
    );
    const thin = polyhedron(normal(5, [6, 4]), normal(6, [6]).abs(), { iterations: 1, tolerance: 1e-9 });
    expect(() => thin(w.mul(100))).toThrow(
      /after 1 iterations; the constraints cannot all hold, or need more/,
    );
    expect(() => box(1, 0)).toThrow(/box: low must be at most high, got 1 and 0/);
    expect(() => box(f64([0, 2]), f64([1, 1]))).toThrow(
      /box: the set is empty: .* high - low is -1 at index 1/,
    );
    expect(() =>
      affine(
        f64([
          [1, 1],
          [2, 2],
        ]),
        f64([1, 5]),
      ),
    ).toThrow(
      // prettier-ignore
      /affine: the rows of E depend on each other .* E w = d holds to 1\.[12]\d* at best; the set is empty/,
    );
    expect(() => affine(f64([[1, 1], [2, 2]]), f64([1, 2]))).toThrow(/leave out rows that others imply/); // prettier-ignore
    expect(() => hyperplane(f64([0, 0]), 1)).toThrow(/hyperplane: a must not be 0/);
    expect(() => affine(f64([[1, 2]]), f64([1, 2]))).toThrow(
      /affine: wants a matrix \[m, n\] and a vector \[m\]/,
    );
  });
});
