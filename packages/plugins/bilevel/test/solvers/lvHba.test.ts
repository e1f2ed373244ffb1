import { describe, expect, it } from 'vitest';
import { linalg, random, tensor, type Tensor } from '@core/tensor';
import {
  affine,
  halfspace,
  hyperplane,
  lvHba,
  pairwise,
  proximalLagrangian,
  solve,
  type BilevelProblem,
  type Point,
} from '../../src/index.js';
import { centralDifferences, f64, flat, normal, relativeError } from '../support.js';

describe('LV-HBA', () => {
  it('solves the toy problem with a linear equality that couples the levels, as fast as its penalty grows', () => {
    const n = 100;
    type Y = { a: Tensor; b: Tensor };
    const fill = (value: number): Tensor => f64(Array.from({ length: n }, () => value));
    const problem: BilevelProblem<Tensor, Y> = {
      upper: (x, y) => x.sub(y.b).square().sum().add(y.a.sub(1).square().sum()).mul(0.5),
      lower: (x, y) => y.a.square().sum().mul(0.5).sub(x.mul(y.a).sum()).add(y.b.sum()),
      constraints: { value: (x, y) => x.sum().add(y.a.sum()).add(y.b.sum()).reshape([1]), equality: true },
      projections: { joint: pairwise(hyperplane(f64(Array.from({ length: 3 * n }, () => 1)), 0)) },
      start: { x: fill(10), y: { a: fill(10), b: fill(10) } },
    };
    const want = { x: fill(-0.3), y: { a: fill(0.7), b: fill(-0.4) } };
    const solver = lvHba<Tensor, Y, unknown>();
    let state = solver.init(problem, random.key(0));
    let steps = 0;
    const errors = [1500, 6000, 20_000, 60_000].map((until) => {
      state = solve(solver, problem, { steps: until - steps, every: until - steps, from: state }).state;
      steps = until;
      return relativeError({ x: state.x, y: state.y }, want);
    });
    [0.2, 0.016, 0.011, 0.008].forEach((bound, i) => {
      expect(errors[i]).toBeLessThan(bound);
    });
    for (const [i, k] of [6000, 20_000, 60_000].entries())
      expect(Math.abs((errors[i + 1] ?? NaN) * (k + 1) ** 0.3 - 0.205)).toBeLessThan(0.005);
    expect(Math.abs(state.lambda.at(0).item() + 1)).toBeLessThan(0.05);
  });

  const scalar: BilevelProblem<Tensor, Tensor> = {
    upper: (x, y) => x.sub(3).square().add(y.square()).sum().mul(0.5),
    lower: (x, y) => y.sub(x).square().sum().mul(0.5),
    constraints: { value: (x, y) => x.add(y).sub(2) },
    projections: { joint: pairwise(halfspace(f64([1, 1]), 2)) },
    start: { x: f64([0]), y: f64([0]) },
  };
  const options = { gamma1: 5, gamma2: 1, alpha: 0.01, beta: 0.05, eta: 0.05, power: 0.4 };

  it('finds the multiplier of a coupled inequality', () => {
    const { state } = solve(lvHba<Tensor, Tensor, unknown>(options), scalar, {
      steps: 100_000,
      every: 100_000,
    });
    expect(Math.abs(state.x.at(0).item() - 2.5)).toBeLessThan(1e-3);
    expect(Math.abs(state.lambda.at(0).item() - 3)).toBeLessThan(1e-3);
  });

  it('makes at most 2 gradients of F, 4 of f, 2 vjps of c a step, and no second derivative', () => {
    const seen = { upper: 0, lower: 0, constraint: 0 };
    const counted: BilevelProblem<Tensor, Tensor> = {
      ...scalar,
      upper: (x, y) => (seen.upper++, scalar.upper(x, y)),
      lower: (x, y) => (seen.lower++, scalar.lower(x, y)),
      constraints: {
        value: (x, y) => (seen.constraint++, x.add(y).sub(2)),
      },
    };
    const solver = lvHba<Tensor, Tensor, unknown>(options);
    const state = solver.init(counted, random.key(0));
    Object.assign(seen, { upper: 0, lower: 0, constraint: 0 });
    solver.step(counted, state);
    expect(seen.upper).toBeLessThanOrEqual(2);
    expect(seen.lower).toBeLessThanOrEqual(4);
    // two vjps, and the value that is measured
    expect(seen.constraint).toBeLessThanOrEqual(3);
  });

  it('names what makes no sense', () => {
    expect(() => lvHba({ eta: 0 })).toThrow(/lvHba: eta must be a finite number greater than 0, got 0/);
    expect(() => lvHba({ power: 0.6 })).toThrow(/lvHba: power must be a number in \[0, 1\/2\], got 0.6/);
    const run = (problem: BilevelProblem<Tensor, Tensor>) => () =>
      solve(lvHba<Tensor, Tensor, unknown>(options), problem, { steps: 1 });
    const { constraints: _c, ...free } = scalar;
    expect(run(free)).toThrow(/lvHba: constraints.value must be a function, got undefined/);
    const infeasible = {
      ...scalar,
      constraints: { value: (x: Tensor, y: Tensor) => tensorOf(x.add(y).sub(2), x.square().add(1)) },
    };
    expect(run(infeasible)).toThrow(
      /lvHba: constraint 1 does not hold at the projected start: c = 1, wanted at most 0/,
    );
    const none = {
      ...scalar,
      projections: { joint: (p: Point<Tensor, Tensor>) => ({ x: p.x.add(1), y: p.y }) },
    };
    expect(run(none)).toThrow(/projections.joint is no projection: .* changes x at index 0/);
  });

  const tensorOf = (...parts: Tensor[]): Tensor => parts.reduce((all, part) => concatenated(all, part));
});

function concatenated(a: Tensor, b: Tensor): Tensor {
  return tensor([...flat(a), ...flat(b)], { dtype: 'float64' });
}

describe('the proximal Lagrangian value function', () => {
  const [n, q, m] = [3, 4, 2];
  const root = normal(1, [q, q]);
  const h = root.T.matmul(root).div(q).add(f64([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])); // prettier-ignore
  const [b, e, g, d] = [normal(2, [q, n]), normal(3, [m, n]), normal(4, [m, q]), normal(5, [m])];
  const problem: BilevelProblem<Tensor, Tensor> = {
    upper: (_x, y) => y.square().sum(),
    lower: (x, y) =>
      y
        .mul(h.matmul(y))
        .sum()
        .mul(0.5)
        .sub(y.mul(b.matmul(x)).sum()),
    constraints: { value: (x, y) => e.matmul(x).add(g.matmul(y)).sub(d) },
  };
  const v = proximalLagrangian(problem, { gamma1: 2, gamma2: 0.5, iterations: 3000, stepSize: 0.05 });
  const [x, y, z] = [normal(6, [n]), normal(7, [q]), f64([0.3, 0.7])];

  it('has the envelope’s gradient: central differences of the solved value, to 1e-7', () => {
    const { gradient } = v(x, y, z);
    expect(relativeError(gradient.x, f64(centralDifferences((u) => v(u, y, z).value, x)))).toBeLessThan(1e-7);
    expect(relativeError(gradient.y, f64(centralDifferences((u) => v(x, u, z).value, y)))).toBeLessThan(1e-7);
    expect(relativeError(gradient.z, f64(centralDifferences((u) => v(x, y, u).value, z)))).toBeLessThan(1e-7);
  });

  it('is at most f where the constraints hold, and f at the lower optimum with its multiplier', () => {
    for (let seed = 100; seed < 200; seed++) {
      const [u, w, s] = [normal(seed, [n]), normal(seed + 1000, [q]), normal(seed + 2000, [m]).abs()];
      // y moved onto the constraints' plane and inside of it
      const inside = affine(g, d.sub(e.matmul(u)).sub(normal(seed + 3000, [m]).abs()))(w);
      const gap = problem
        .lower(u, inside)
        .sub(v(u, inside, s).value)
        .item();
      expect(gap).toBeGreaterThan(-1e-10);
    }
    // Both constraints active with positive multipliers: choose λ, and the d that belongs to it.
    const lambda = f64([0.4, 1.2]);
    const optimum = linalg.solve(h, b.matmul(x).sub(g.T.matmul(lambda)));
    const active = {
      ...problem,
      constraints: { value: (u: Tensor, w: Tensor) => e.matmul(u.sub(x)).add(g.matmul(w.sub(optimum))) },
    };
    const at = proximalLagrangian(active, { gamma1: 2, gamma2: 0.5, iterations: 3000, stepSize: 0.05 });
    expect(
      Math.abs(
        active
          .lower(x, optimum)
          .sub(at(x, optimum, lambda).value)
          .item(),
      ),
    ).toBeLessThan(1e-10);
  });
});
