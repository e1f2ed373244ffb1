import { expect, it } from 'vitest';
import { coordinateDescent } from '../../src/structure/scores/coordinateDescent.js';
import { lbfgs } from '../../src/structure/lbfgs.js';
import { flat, normal } from '../support.js';

it('finds the minimum of Rosenbrock’s function', () => {
  const rosenbrock = ([x = 0, y = 0]: Float64Array) => ({
    value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
  });
  const { x, converged } = lbfgs(rosenbrock, Float64Array.of(-1.2, 1), { iterations: 200, decrease: 0 });
  expect(converged).toBe(true);
  expect(Math.max(...x.map((xi) => Math.abs(xi - 1)))).toBeLessThan(1e-6);
});

it.each([1, 2, 3])('agrees with coordinate descent on lasso, zeros and all (seed %d)', (seed) => {
  const [rows, size, penalty] = [40, 12, 0.15];
  const a = normal(seed, [rows, size]);
  const y = a.at(null, [0, 3]).sum(1).add(normal(seed + 10, [rows]).mul(0.3)); // prettier-ignore
  const [hessian, linear] = [a.T.matmul(a).div(rows), a.T.matmul(y).div(rows)].map((t) => Float64Array.from(flat(t))) as [Float64Array, Float64Array]; // prettier-ignore
  const at = Array.from({ length: size }, (_, i) => i);
  const exact = coordinateDescent({ hessian, stride: size, linear, at }, penalty, new Float64Array(size), { tolerance: 1e-12, sweeps: 10_000 }); // prettier-ignore
  const f = (x: Float64Array) => {
    const product = at.map((i) => at.reduce((sum, j) => sum + hessian[i * size + j]! * x[j]!, 0));
    return {
      value: at.reduce((sum, i) => sum + x[i]! * (product[i]! / 2 - linear[i]!), 0),
      gradient: Float64Array.from(product, (p, i) => p - linear[i]!),
    };
  };
  const penalties = new Float64Array(size).fill(penalty);
  const { x } = lbfgs(f, new Float64Array(size), { penalties, iterations: 500, slope: 1e-10, decrease: 0 });
  expect([...x].map((xi) => xi === 0)).toEqual([...exact].map((xi) => xi === 0));
  expect(Math.max(...x.map((xi, i) => Math.abs(xi - exact[i]!)))).toBeLessThan(1e-8);
  expect(exact.some((xi) => xi === 0)).toBe(true);
});
