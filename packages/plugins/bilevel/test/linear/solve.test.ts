import { describe, expect, it } from 'vitest';
import { grad, jit, jvp, linalg, type Tensor } from '@core/tensor';
import { linearMethods, linearSolve } from '../../src/linear/solve.js';
import { differentiableSolve } from '../../src/implicit/differentiableSolve.js';
import { f64, flat, normal, relativeError, centralDifferences } from '../support.js';

const n = 8;
const root = normal(1, [n, n]);
const definite = root.T.matmul(root).div(n).add(identity());
const regular = normal(2, [n, n]).add(identity().mul(4));
const b = normal(3, [n]);

function identity(): Tensor {
  return f64(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? 1 : 0))));
}

describe('linearSolve', () => {
  for (const solve of linearMethods) {
    const a = solve === 'cg' || solve === 'cholesky' ? definite : regular;
    it(`${solve} solves, eagerly and compiled`, () => {
      const run = (m: Tensor, rhs: Tensor): Tensor =>
        linearSolve(
          (v) => m.matmul(v),
          (v) => m.T.matmul(v),
          rhs,
          { solve, tolerance: 1e-12 },
        );
      const want = linalg.solve(a, b);
      expect(relativeError(run(a, b), want)).toBeLessThan(1e-9);
      expect(relativeError(jit(run)(a, b), want)).toBeLessThan(1e-9);
      expect(flat(run(a, b.mul(0))).every((x) => x === 0)).toBe(true);
    });
  }

  for (const solve of ['normalCg', 'cg', 'gmres', 'bicgstab'] as const)
    it(`${solve} goes on from a start`, () => {
      const product = (v: Tensor): Tensor => definite.matmul(v);
      const want = linalg.solve(definite, b);
      const run = (start: Tensor | undefined, maxIterations: number): number =>
        relativeError(
          linearSolve(product, product, b, { solve, tolerance: 1e-13, maxIterations, restart: 2, start }),
          want,
        );
      const near = want.mul(1.0001);
      expect(run(near, 4)).toBeLessThan(run(undefined, 4) / 100);
      expect(run(normal(9, [n]), 200)).toBeLessThan(1e-10);
      expect(run(want, 1)).toBeLessThan(1e-12);
    });

  it('adds a ridge to A, and to AᵀA in the normal equations', () => {
    const product = (v: Tensor): Tensor => definite.matmul(v);
    const run = (solve: 'cg' | 'normalCg'): Tensor =>
      linearSolve(product, product, b, { solve, ridge: 0.3, tolerance: 1e-13 });
    expect(relativeError(run('cg'), linalg.solve(definite.add(identity().mul(0.3)), b))).toBeLessThan(1e-10);
    const normalMatrix = definite.matmul(definite).add(identity().mul(0.3));
    expect(relativeError(run('normalCg'), linalg.solve(normalMatrix, definite.matmul(b)))).toBeLessThan(
      1e-10,
    );
  });
});

describe('differentiableSolve', () => {
  const solver = differentiableSolve<Tensor>(
    { product: (m, v) => m.matmul(v), transposed: (m, v) => m.T.matmul(v) },
    { solve: 'gmres', tolerance: 1e-14 },
  );
  const f = (t: Tensor): Tensor =>
    solver(regular.add(t.square().reshape([1, n])), b.add(t.mul(2)))
      .square()
      .sum();
  const t = normal(4, [n]);

  it('has the derivatives of the solution, first and second', () => {
    expect(relativeError(grad(f)(t), f64(centralDifferences(f, t)))).toBeLessThan(1e-7);
    const slope = (s: Tensor): Tensor => grad(f)(s).mul(b).sum();
    expect(relativeError(grad(slope)(t), f64(centralDifferences(slope, t)))).toBeLessThan(1e-6);
  });

  it('has them in forward mode', () => {
    const direction = normal(5, [n]);
    const [, tangent] = jvp(f, [t], [direction]);
    expect(tangent.item()).toBeCloseTo(grad(f)(t).mul(direction).sum().item(), 10);
  });
});
