import { describe, expect, it } from 'vitest';
import { random, type Tensor } from '@core/tensor';
import { f2sa, penaltyBilevel, penaltyPresets, powerLaw, solve } from '../../src/index.js';
import { flat, plane, relativeError } from '../support.js';

const constant = (value: number) => powerLaw({ value, exponent: 0 });

describe('schedules of the penalty solvers', () => {
  it('constant ones give what numbers give', () => {
    const numbers = { sigma: 0.2, alpha: 0.004, gamma: 0.1, beta: 0.4, momentum: 0.3 };
    const schedules = Object.fromEntries(
      Object.entries(numbers).map(([name, value]) => [name, constant(value)]),
    );
    const run = (options: object) =>
      solve(penaltyBilevel<Tensor, Tensor, unknown>(options), plane, { steps: 50, every: 50 }).solution;
    expect(relativeError(run(schedules), run(numbers))).toBeLessThan(1e-12);
    const other = { learningRate: 0.02, innerLearningRate: 0.05, lambda: 3 };
    const runOther = (options: object) =>
      solve(f2sa<Tensor, Tensor, unknown>(options), plane, { steps: 50, every: 50 }).solution;
    expect(
      relativeError(
        runOther(Object.fromEntries(Object.entries(other).map(([name, value]) => [name, constant(value)]))),
        runOther({ ...other, growth: 0 }),
      ),
    ).toBeLessThan(1e-12);
  });

  it('a falling σ takes the bias with it, in both modes', () => {
    for (const mode of ['single', 'double'] as const) {
      const solver = penaltyBilevel<Tensor, Tensor, unknown>({
        mode,
        ...(mode === 'double' ? { innerSteps: 5 } : {}),
        sigma: powerLaw({ value: 0.5, exponent: 1 / 5, offset: 1 }),
        alpha: 0.005,
      });
      const { solution } = solve(solver, plane, { steps: 20_000, every: 20_000 });
      const sigma = 0.5 * 20_000 ** -0.2;
      const error = solution.x.at(0).item() + 0.5;
      expect(error).toBeLessThan((0.5 * sigma) / 7 + 1e-3);
      expect(Math.abs(solution.x.at(0).item() + 3.5 / (7 + sigma))).toBeLessThan(1e-4);
    }
  });

  it('momentum follows the scaled gradients of the σ that each estimate was made with', () => {
    // No noise: estimates are exact at every step, whatever η.
    const solver = (momentum: number) =>
      penaltyBilevel<Tensor, Tensor, unknown>({
        sigma: powerLaw({ value: 0.5, exponent: 1, offset: 5 }),
        alpha: 1e-4,
        momentum,
      });
    const run = (momentum: number) => solve(solver(momentum), plane, { steps: 40, every: 40 }).solution;
    expect(relativeError(run(0.05), run(1))).toBeLessThan(1e-10);
  });

  it('the presets are options that work', () => {
    for (const options of [penaltyPresets.f2sa(), penaltyPresets.theory()]) {
      const solver = penaltyBilevel<Tensor, Tensor, unknown>(options);
      const { history } = solve(solver, plane, { steps: 3000, every: 3000, key: random.key(1) });
      expect(history.at(-1)?.stationarity).toBeLessThan(0.1 * (history[0]?.stationarity ?? 0));
    }
  });

  it('λ by a schedule is that of the step in the state', () => {
    const solver = f2sa<Tensor, Tensor, unknown>({ lambda: powerLaw({ value: 2, exponent: -1 }) });
    const { state } = solve(solver, plane, { steps: 3 });
    expect([state.lambda.item(), state.count.item(), flat(state.x).length]).toEqual([8, 3, 1]);
    expect(() => f2sa({ lambda: constant(1), growth: 0.1 })).toThrow(
      /f2sa: growth must be 0 with a schedule for lambda, got 0.1/,
    );
  });
});
