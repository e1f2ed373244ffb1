import { describe, expect, it } from 'vitest';
import { random, type Tensor } from '@core/tensor';
import {
  affineSum,
  extraAnchoredGradient,
  halpernCocoercive,
  halpernDeterministic,
  logisticGD,
  saga,
  solve,
  svrg,
  type FiniteSum,
  type FiniteSumSolver,
  type Separation,
} from '../../src/index.js';
import { f64, normals, seeds } from '../support.js';
import { cocoerciveSum } from '../solvers/problems.js';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Oracle calls until the residual is 1e-2. */
function calls(
  solver: FiniteSumSolver<Tensor, unknown>,
  problem: FiniteSum,
  seed: number,
  every = 1,
): number {
  const { history, finished } = solve(solver, problem, {
    steps: 200_000,
    every,
    key: random.key(seed),
    until: ({ residual }) => residual.lessEqual(1e-2),
  });
  expect(finished).toBe(true);
  return history.at(-1)?.oracleCalls ?? NaN;
}

describe('oracle calls to a residual of 1e-2', () => {
  it('variance reduction pays with many components', () => {
    const rows = [128, 1024, 8192].map((n) => {
      const problem = affineSum(cocoerciveSum(n, n));
      const L = problem.constants?.cocoercivity as number;
      const over = (make: () => FiniteSumSolver<Tensor, unknown>, every = 1): number =>
        mean(seeds.map((seed) => calls(make(), problem, seed, every)));
      const row = {
        n,
        page: over(() => halpernCocoercive({ learningRate: 1 / L })),
        cautious: over(() => halpernCocoercive()),
        halpern: calls(halpernDeterministic(), problem, 0),
        anchored: calls(extraAnchoredGradient(), problem, 0),
        svrg: over(() => svrg(), 50),
        saga: over(() => saga(), 50),
      };
      return row;
    });
    const shares = rows.map(({ page, halpern }) => page / halpern);
    expect(shares[2]).toBeLessThan(0.6);
    expect(shares[1]).toBeLessThan(shares[0] ?? NaN);
    expect(shares[2]).toBeLessThan(shares[1] ?? NaN);
    for (const { halpern, anchored } of rows) expect(halpern).toBeLessThan(anchored);
  }, 120_000);
});

describe('updates until separation', () => {
  /** The paper's hard case, blurred: one example of class 1 against 499 of the other. */
  function lopsided(seed: number): Separation {
    const noise = f64(normals(seed, 1000)).reshape([500, 2]).mul(0.02);
    const centers = f64([[0.5, -1], ...Array.from({ length: 499 }, () => [-0.5, -1])]);
    return { features: centers.add(noise), labels: f64([1, ...Array.from({ length: 499 }, () => -1)]) };
  }

  function updates(seed: number, learningRate: number, normalized: boolean): number {
    const { steps, finished } = solve(logisticGD({ learningRate, normalized }), lopsided(seed), {
      steps: 100_000,
      until: (m) => m.separated,
    });
    expect(finished).toBe(true);
    return steps;
  }

  it('fall with the step, and normalized ones are far fewer', () => {
    for (const seed of seeds) {
      const plain = [0.1, 1, 10, 100].map((rate) => updates(seed, rate, false));
      const normalized = [0.1, 1, 10, 100].map((rate) => updates(seed, rate, true));
      expect(plain).toEqual([...plain].sort((a, b) => b - a));
      expect(normalized).toEqual([...normalized].sort((a, b) => b - a));
      plain.forEach((count, i) => expect(normalized[i]).toBeLessThan(count / 10));
    }
  }, 60_000);
});
