import { describe, expect, it } from 'vitest';
import { customVjp, linalg, random, stopGradient, type Tensor } from '@core/tensor';
import {
  hypergradientPinv,
  penaltyBilevel,
  penaltyHyperObjective,
  solve,
  type BilevelProblem,
} from '../../src/index.js';
import { f64, flat, normal, plane, relativeError } from '../support.js';

// Of the plane.
const [a, c] = [f64([1, 2, -1]), f64([0.5, -1, 2])];

describe('the penalised hyper-objective', () => {
  it('has its closed form where the lower level has a plane of solutions', () => {
    const x = f64([0.7]);
    const of = (sigma: number) =>
      penaltyHyperObjective(plane, { sigma, learningRate: 0.15, iterations: 100_000, tolerance: 1e-14 })(
        x,
        f64([0, 0, 0]),
      );
    const at = of(0.1);
    expect(at.value.item()).toBeCloseTo(1.6909016, 6);
    expect(at.grad.at(0).item()).toBeCloseTo(1.3885246, 6);
    const errors = [0.1, 0.01].map((sigma) => Math.abs(of(sigma).grad.at(0).item() - 1.4));
    expect((errors[0] ?? NaN) / (errors[1] ?? NaN)).toBeCloseTo(10, 0);
    // the limit, at the solution that f prefers: c moved onto the plane
    const y = c.add(a.mul((0.7 + 3.5) / 6));
    expect(hypergradientPinv(plane)(x, y).at(0).item()).toBeCloseTo(1.4, 10);
  });

  it('has no lower sensitivity at a bound', () => {
    const box: BilevelProblem<Tensor, Tensor> = {
      upper: (x, y) => y.sub(2).square().sum().add(x.square().sum().mul(0.1)),
      lower: (x, y) => y.sub(x).square().sum().mul(0.5),
      projections: { y: (y) => y.clip(-1, 1) },
    };
    const half = {
      ...box,
      upper: (x: Tensor, y: Tensor) => y.sub(2).square().sum().mul(0.5).add(x.square().sum().mul(0.1)),
    };
    for (const [x, want] of [
      [0.3, -1.64],
      [1.7, 0.34],
    ] as const) {
      const { grad } = penaltyHyperObjective(half, { sigma: 0.001, learningRate: 0.5 })(f64([x]), f64([0]));
      expect(Math.abs(grad.at(0).item() - want)).toBeLessThan(3e-3);
    }
  });

  it('errs by O(σ): slope 1 ± 0.1', () => {
    const root = normal(1, [4, 4]);
    const h = root.T.matmul(root).add(f64([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])); // prettier-ignore
    const b = normal(2, [4, 3]);
    const problem: BilevelProblem<Tensor, Tensor> = {
      upper: (x, y) => y.sub(1).square().sum().mul(0.5).add(x.square().sum()),
      lower: (x, y) =>
        y
          .mul(h.matmul(y))
          .sum()
          .mul(0.5)
          .sub(y.mul(b.matmul(x)).sum()),
    };
    const x = normal(3, [3]);
    const exact = hypergradientPinv(problem)(x, linalg.solve(h, b.matmul(x)));
    const errors = [1, 0.1, 0.01, 0.001].map((sigma) => {
      const of = penaltyHyperObjective(problem, {
        sigma,
        learningRate: 0.05,
        iterations: 5000,
        tolerance: 1e-14,
      });
      return Math.log10(relativeError(of(x, f64([0, 0, 0, 0])).grad, exact));
    });
    // Least squares through the logarithms at 0, -1, -2, -3
    const slope = errors.reduce((sum, e, i) => sum + e * (1.5 - i), 0) / 5;
    expect(Math.abs(slope - 1)).toBeLessThan(0.1);
  });
});

describe('penaltyBilevel', () => {
  const options = { sigma: 0.1, rho: 1, gamma: 0.1, beta: 0.5, alpha: 0.002 };
  const best = -3.5 / 7.1;

  it('single loop: comes to the minimiser of ψ_σ to 1e-9', () => {
    const { solution } = solve(penaltyBilevel<Tensor, Tensor, unknown>(options), plane, {
      steps: 20_000,
      every: 20_000,
    });
    expect(Math.abs(solution.x.at(0).item() - best)).toBeLessThan(1e-9);
  });

  it('double loop, and F2SA’s form without a proximal term, come there as well', () => {
    for (const more of [{ innerSteps: 10 }, { innerSteps: 10, rho: Infinity, beta: 1 }]) {
      const solver = penaltyBilevel<Tensor, Tensor, unknown>({ ...options, mode: 'double', ...more });
      const { solution } = solve(solver, plane, { steps: 10_000, every: 10_000 });
      expect(Math.abs(solution.x.at(0).item() - best)).toBeLessThan(1e-8);
    }
  });

  it('with noise on every gradient and momentum: rmse below 0.03 over four seeds', () => {
    type Noise = { x: Tensor; y: Tensor };
    const sample = (key: Tensor): Noise => {
      const both = random.normal(key, [4], { dtype: 'float64' }).mul(0.1);
      return { x: both.slice([0], [1]), y: both.slice([1], [4]) };
    };
    const shaken = (f: (x: Tensor, y: Tensor) => Tensor) => (x: Tensor, y: Tensor, noise?: Noise) =>
      noise === undefined ? f(x, y) : f(x, y).add(noise.x.mul(x).sum()).add(noise.y.mul(y).sum());
    const noisy: BilevelProblem<Tensor, Tensor, Noise> = {
      ...plane,
      upper: shaken(plane.upper),
      lower: shaken(plane.lower),
      samplers: { upper: sample, lower: sample },
    };
    const solver = penaltyBilevel<Tensor, Tensor, Noise>({
      sigma: 0.1,
      rho: 1,
      gamma: 0.05,
      beta: 0.3,
      alpha: 5e-4,
      momentum: 0.05,
    });
    const errors = [1, 2, 3, 4].map((seed) => {
      const { solution } = solve(solver, noisy, { steps: 40_000, every: 40_000, key: random.key(seed) });
      return solution.x.at(0).item() - best;
    });
    expect(Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / 4)).toBeLessThan(0.03);
  });

  it('needs first derivatives only: values with gradients as callbacks give the same steps', () => {
    const value = (x: Tensor, y: Tensor, k: Tensor): Tensor =>
      y.sub(k).square().sum().add(x.square().sum()).mul(0.5);
    const opaque = customVjp(
      value,
      (x: Tensor, y: Tensor, k: Tensor) => [value(x, y, k), { x, y, k }] as const,
      ({ x, y, k }: { x: Tensor; y: Tensor; k: Tensor }, ct: Tensor) => [
        stopGradient(x).mul(ct),
        stopGradient(y.sub(k)).mul(ct),
        null,
      ],
    );
    const bound = { ...plane, upper: (x: Tensor, y: Tensor) => opaque(x, y, c) };
    const run = (problem: BilevelProblem<Tensor, Tensor>): number[] =>
      flat(
        solve(penaltyBilevel<Tensor, Tensor, unknown>(options), problem, { steps: 50, every: 50 }).solution,
      );
    expect(relativeError(f64(run(bound)), f64(run(plane)))).toBeLessThan(1e-13);
  });

  it('names what makes no sense', () => {
    expect(() => penaltyBilevel({ sigma: 0 })).toThrow(
      /penaltyBilevel: sigma must be a finite number greater than 0 or a schedule, got 0/,
    );
    expect(() => penaltyBilevel({ mode: 'single', innerSteps: 3 })).toThrow(
      /innerSteps must be 1 with mode 'single', got 3/,
    );
    expect(() => penaltyBilevel({ mode: 'double', momentum: 0.5 })).toThrow(
      /momentum must be 1 with mode 'double', got 0.5/,
    );
    expect(() => penaltyHyperObjective(plane, {} as never)).toThrow(
      /penaltyHyperObjective: sigma must be .* got undefined/,
    );
  });
});
