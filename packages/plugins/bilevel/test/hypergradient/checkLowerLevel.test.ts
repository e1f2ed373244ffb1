import { describe, expect, it } from 'vitest';
import { jit, linalg, random, tensor, type Tensor } from '@core/tensor';
import { bilevelLoop, checkLowerLevel, hypergradient, solve, type BilevelProblem } from '../../src/index.js';
import { ridge } from '../ridge.js';
import { f64, flat } from '../support.js';

const { problem, hessian, solution, penalties: t } = ridge(1);
const w = solution(t);
/** g = y₁² - y₂², unbounded below along y₂. */
const saddle: BilevelProblem<Tensor, Tensor> = {
  upper: (x, y) => y.square().sum().add(x.square().sum()),
  lower: (x, y) =>
    y
      .square()
      .mul(f64([1, -1]))
      .sum()
      .add(x.mul(y).sum()),
  start: { x: f64([1, 1]), y: f64([1, 2]) },
};
const [x, y] = [f64([1, 1]), f64([1, 2])];

describe('checkLowerLevel', () => {
  it('finds the extreme eigenvalues of the Hessian, and how far y is', () => {
    const all = flat(linalg.eigvalsh(hessian(t)));
    for (const seed of [1, 2, 3]) {
      const found = checkLowerLevel(problem, { x: t, y: w }, { key: random.key(seed) });
      expect(Math.abs(found.least / Math.min(...all) - 1)).toBeLessThan(1e-6);
      expect(Math.abs(found.largest / Math.max(...all) - 1)).toBeLessThan(1e-6);
      expect(found.lowerNorm).toBeLessThan(1e-12);
    }
    const few = checkLowerLevel(problem, { x: t, y: w }, { iterations: 3 });
    expect(few.least).toBeGreaterThan(Math.min(...all));
    expect(few.largest).toBeLessThan(Math.max(...all));
  });

  it('says what curvature it met where the level is not convex', () => {
    expect(() => checkLowerLevel(saddle, { x, y })).toThrow(
      /not convex at this y: after 2 products .* curvature -(2|1\.99)/,
    );
  });

  it('lets singular Hessians pass, in both precisions', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const flatLevel: BilevelProblem<Tensor, Tensor> = {
        upper: (_x, z) => z.sum(),
        lower: (_x, z) => z.sum().square(),
      };
      const point = { x: tensor([1], { dtype }), y: tensor([1, 2, 3], { dtype }) };
      const found = checkLowerLevel(flatLevel, point);
      expect(Math.abs(found.least)).toBeLessThan(1e-4);
      expect(found.largest).toBeCloseTo(6, 4);
    }
  });

  it('names a y that is not finite, and a gradient that is not', () => {
    expect(() => checkLowerLevel(problem, { x: t, y: w.mul(NaN) })).toThrow(
      /checkLowerLevel: y is not finite \(float leaf 0\); the lower level is unbounded below/,
    );
    const root = { ...problem, lower: (_x: Tensor, z: Tensor) => z.abs().sqrt().sum() };
    expect(() => checkLowerLevel(root, { x: t, y: w.mul(0) })).toThrow(/gradient by y is NaN at a finite y/);
    expect(() => checkLowerLevel(problem, { x: t, y: w }, { iterations: 0 })).toThrow(
      /iterations must be a whole number of at least 1, got 0/,
    );
  });
});

describe('a lower level that is no good', () => {
  it('unbounded: unrolled steps say that y is not finite, and compiled say it by lowerNorm', () => {
    const options = { method: 'unroll', steps: 3000, learningRate: 0.5 } as const;
    const by = hypergradient(saddle, options);
    expect(() => by(x, y)).toThrow(/hypergradient: y is not finite \(float leaf 0\); .* unbounded below/);
    const { lowerNorm } = jit((a: Tensor, b: Tensor) => by(a, b).aux)(x, y);
    expect(Number.isFinite(lowerNorm.item())).toBe(false);
  });

  const options = { innerLearningRate: 0.1, outerLearningRate: 0.1 };
  it('not convex: measure throws by cg, and is NaN for methods that do not mind', () => {
    const byCg = bilevelLoop<Tensor, Tensor, unknown>({
      ...options,
      hypergradient: { method: 'cg', iterations: 2 },
    });
    expect(() => solve(byCg, saddle, { steps: 1 })).toThrow(
      /bilevelLoop: .* p·Hp = -1.2 \|p\|² in iteration 1/,
    );
    const darts = bilevelLoop<Tensor, Tensor, unknown>(options);
    const { history } = solve(darts, saddle, { steps: 2 });
    expect(history.map((entry) => entry.stationarity)).toEqual([NaN, NaN, NaN]);
    expect(history.every((entry) => Number.isFinite(entry.lowerNorm))).toBe(true);
    const stop = { method: 'cg', iterations: 2, indefinite: 'stop' } as const;
    const going = bilevelLoop<Tensor, Tensor, unknown>({ ...options, hypergradient: stop });
    expect(solve(going, saddle, { steps: 2 }).steps).toBe(2);
  });

  it('measure names a y that is not finite', () => {
    const darts = bilevelLoop<Tensor, Tensor, unknown>(options);
    const state = darts.init(saddle, random.key(0));
    expect(() => darts.measure(saddle, { ...state, y: y.mul(NaN) })).toThrow(/bilevelLoop: y is not finite/);
  });
});
