import { describe, expect, it } from 'vitest';
import { random, type Tensor } from '@core/tensor';
import {
  halfspace,
  lvHba,
  lvHbaConverged,
  lvHbaPresets,
  pairwise,
  solve,
  type BilevelProblem,
} from '../../src/index.js';
import { f64, flat } from '../support.js';

// Solution x = 2.5, y = -0.5, with the multiplier 3.
const problem: BilevelProblem<Tensor, Tensor> = {
  upper: (x, y) => x.sub(3).square().add(y.square()).sum().mul(0.5),
  lower: (x, y) => y.sub(x).square().sum().mul(0.5),
  constraints: { value: (x, y) => x.add(y).sub(2) },
  projections: { joint: pairwise(halfspace(f64([1, 1]), 2)) },
  start: { x: f64([0]), y: f64([0]) },
};
const options = { gamma1: 5, gamma2: 1, alpha: 0.01, beta: 0.05, eta: 0.05, power: 0.4 };
const lvHbaOf = lvHba<Tensor, Tensor, unknown>;

describe('where LV-HBA starts and stops', () => {
  it('starts its multipliers where it is told', () => {
    const at = (more: object) => lvHbaOf({ ...options, ...more }).init(problem, random.key(0));
    const { lambda, z } = at({ lambda0: 1.5, z0: f64([2]) });
    expect([flat(lambda), flat(z)]).toEqual([[1.5], [2]]);
    expect([flat(at({}).lambda), flat(at({}).z)]).toEqual([[0], [0]]);
  });

  it('has no gap at the solution with its multipliers, and one elsewhere', () => {
    const solver = lvHbaOf({ ...options, lambda0: 3, z0: 3 });
    const gapFrom = (x: number, y: number): number => {
      const at = { ...problem, start: { x: f64([x]), y: f64([y]) } };
      return solver.measure(at, solver.init(at, random.key(0))).gap.item();
    };
    expect(Math.abs(gapFrom(2.5, -0.5))).toBeLessThan(1e-12);
    expect(gapFrom(1.5, -0.5)).toBeGreaterThan(0.1);
  });

  it('stops by the rule where residual and gap are small, not before, and nearer with a smaller tolerance', () => {
    const distances = [1e-3, 1e-4].map((tolerance) => {
      const { finished, solution, history } = solve(lvHbaOf(options), problem, {
        steps: 100_000,
        every: 500,
        until: lvHbaConverged(tolerance),
      });
      const largest = history.map(({ stationarity, gap }) => Math.max(stationarity, Math.abs(gap)));
      expect(finished).toBe(true);
      expect(largest.at(-1)).toBeLessThan(tolerance);
      expect(largest.slice(0, -1).every((value) => value >= tolerance)).toBe(true);
      return Math.abs(solution.x.item() - 2.5);
    });
    expect(distances[0]).toBeLessThan(0.05);
    expect(distances[1]).toBeLessThan((distances[0] ?? 0) / 4);
  });

  it('takes the authors’ constants', () => {
    for (const preset of Object.values(lvHbaPresets)) {
      const { solution } = solve(lvHbaOf(preset), problem, { steps: 20, every: 20 });
      expect(flat(solution).every(Number.isFinite)).toBe(true);
    }
  });

  it('names what makes no sense', () => {
    expect(() => lvHbaConverged(0)).toThrow(/lvHbaConverged: tolerance must be .* greater than 0, got 0/);
    expect(() => lvHba({ lambda0: 'one' as never })).toThrow(
      /lvHba: lambda0 must be a finite number or a vector \[m\], got "one"/,
    );
    expect(() => lvHbaOf({ z0: f64([1, 2]) }).init(problem, random.key(0))).toThrow(
      /lvHba: z0 must be a vector \[1\], got a float64\[2\] tensor/,
    );
  });
});
