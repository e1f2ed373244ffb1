import { describe, expect, it } from 'vitest';
import { eye, jit, linalg, random, type Tensor } from '@core/tensor';
import { adam, sgd } from '@plugins/optim';
import {
  bilevelLoop,
  bome,
  f2sa,
  solve,
  stocBiO,
  type BilevelProblem,
  type HypergradientOptions,
} from '../../src/index.js';
import { ridge } from '../ridge.js';
import { f64, flat, normal, relativeError } from '../support.js';

/** Strongly convex at both levels: y* = Ax + b, f = |y - c|²/2 + |x|²/2. */
const [a, b, c] = [normal(1, [4, 3]), normal(2, [4]), normal(3, [4])];
const scale = f64([0.5, 1, 1.5, 2]);
const upper = (x: Tensor, y: Tensor): Tensor =>
  y.sub(c).square().sum().mul(0.5).add(x.square().sum().mul(0.5));
const lower = (x: Tensor, y: Tensor): Tensor => y.sub(a.matmul(x).add(b)).square().mul(scale).sum().mul(0.5);
const start = { x: f64([1, -1, 2]), y: f64([0, 0, 0, 0]) };
const problem: BilevelProblem<Tensor, Tensor> = { upper, lower, start };
const noisy: BilevelProblem<Tensor, Tensor, Tensor> = {
  upper: (x, y, noise) => upper(x, y).add(noise === undefined ? 0 : noise.mul(y).sum()),
  lower: (x, y, noise) => lower(x, y).add(noise === undefined ? 0 : noise.mul(y).sum()),
  start,
  samplers: {
    upper: (key) => random.normal(key, [4], { dtype: 'float64' }).mul(0.1),
    lower: (key) => random.normal(key, [4], { dtype: 'float64' }).mul(0.1),
  },
};
const last = <T>(of: readonly T[]): T => of.at(-1) as T; // never empty
const first = { steps: 1 };

describe('bilevelLoop', () => {
  const methods: readonly HypergradientOptions<Tensor, Tensor>[] = [
    { method: 'exact' },
    { method: 'cg', iterations: 2 },
    { method: 'neumann', iterations: 100, alpha: 0.4 },
    { method: 'fixedPoint', iterations: 2, alpha: 0.4 },
    { method: 'unroll', steps: 100, learningRate: 0.4 },
  ];
  for (const hypergradient of methods)
    it(`by ${hypergradient.method} comes to a stationary point`, () => {
      const solver = bilevelLoop<Tensor, Tensor, unknown>({
        hypergradient,
        innerSteps: 5,
        innerLearningRate: 0.4,
        outerLearningRate: 0.15,
      });
      const { history, solution, seconds } = solve(solver, problem, { steps: 600, every: 600 });
      expect(last(history).stationarity).toBeLessThan(1e-5);
      expect(last(history).lowerNorm).toBeLessThan(1e-5);
      expect([solution.x.shape, seconds > 0]).toEqual([[3], true]);
    });

  it('goes on to the same bits from a state, compiled and not', () => {
    const solver = bilevelLoop<Tensor, Tensor, Tensor>({
      hypergradient: { method: 'fixedPoint', alpha: 0.3 },
      innerOptimizer: adam({ learningRate: 0.1 }),
      outerOptimizer: sgd({ learningRate: 0.05, momentum: 0.5 }),
    });
    const whole = solve(solver, noisy, { steps: 20 });
    const half = solve(solver, noisy, { steps: 10 });
    const rest = solve(solver, noisy, { steps: 10, from: half.state });
    expect(flat(rest.solution)).toEqual(flat(whole.solution));
    const step = jit((s: typeof half.state) => solver.step(noisy, s).state);
    const eager = solver.step(noisy, half.state).state;
    expect(relativeError(step(half.state).x, eager.x)).toBeLessThan(1e-14);
  });

  it('begins at the start again without warm starts, and projects x', () => {
    const cold = bilevelLoop<Tensor, Tensor, unknown>({
      hypergradient: { method: 'exact' },
      innerSteps: 2,
      innerLearningRate: 0.1,
      outerLearningRate: 0.1,
      warmStart: false,
    });
    const inside = { ...problem, projections: { x: (x: Tensor) => x.clip(-0.2, 0.2) } };
    const { solution } = solve(cold, inside, { steps: 50 });
    expect(Math.max(...flat(solution.x).map(Math.abs))).toBeLessThanOrEqual(0.2);
    const warm = solve(cold, problem, { steps: 50 }).history.at(-1)?.lowerNorm ?? 0;
    expect(warm).toBeGreaterThan(0.1);
  });

  it('ends within 1e-3 of the same validation loss by exact, cg, Neumann and unrolling', () => {
    // Logistic regression with a penalty for each feature, 200 outer steps of Adam.
    const [d, n] = [5, 40];
    const w = normal(40, [d]);
    const part = (seed: number) => {
      const x = normal(seed, [n, d]);
      return {
        x,
        sign: x
          .matmul(w)
          .add(normal(seed + 1, [n]))
          .greater(0)
          .cast('float64')
          .mul(2)
          .sub(1),
      };
    };
    const [train, validation] = [part(41), part(43)];
    const loss = ({ x, sign }: typeof train, y: Tensor): Tensor =>
      x.matmul(y).mul(sign).neg().exp().log1p().mean();
    const logistic: BilevelProblem<Tensor, Tensor> = {
      upper: (_x, y) => loss(validation, y),
      lower: (x, y) => loss(train, y).add(x.exp().mul(y.square()).sum().mul(0.5)),
      start: { x: f64([-2, -2, -2, -2, -2]), y: f64([0, 0, 0, 0, 0]) },
    };
    const losses = (
      [
        { method: 'exact' },
        { method: 'cg', iterations: d },
        { method: 'neumann', iterations: 50, alpha: 1.5 },
        { method: 'unroll', steps: 100, learningRate: 1.5 },
      ] as const
    ).map((hypergradient) => {
      const solver = bilevelLoop<Tensor, Tensor, unknown>({
        hypergradient,
        innerSteps: hypergradient.method === 'unroll' ? 0 : 20,
        ...(hypergradient.method === 'unroll' ? {} : { innerLearningRate: 1.5 }),
        outerOptimizer: adam({ learningRate: 0.02 }),
      });
      const { solution } = solve(solver, logistic, { steps: 200, every: 200 });
      return logistic.upper(solution.x, solution.y).item();
    });
    expect(Math.max(...losses) - Math.min(...losses)).toBeLessThan(1e-3);
  });
});

describe('stocBiO', () => {
  it('on whole batches makes the step of bilevelLoop by Neumann', () => {
    const options = { innerSteps: 4, innerLearningRate: 0.3 };
    const one = solve(
      stocBiO<Tensor, Tensor, unknown>({ ...options, learningRate: 0.1, iterations: 6, eta: 0.3 }),
      problem,
      first,
    );
    const hypergradient = { method: 'neumann', iterations: 6, alpha: 0.3 } as const;
    const other = solve(
      bilevelLoop<Tensor, Tensor, unknown>({ ...options, hypergradient, outerLearningRate: 0.1 }),
      problem,
      first,
    );
    expect(relativeError(one.solution, other.solution)).toBeLessThan(1e-13);
    expect(last(one.history).oracleCalls).toBe(4 + 6 + 3);
  });

  it('with noisy batches comes near, for three seeds', () => {
    const solver = stocBiO<Tensor, Tensor, Tensor>({
      innerLearningRate: 0.2,
      iterations: 10,
      eta: 0.4,
      learningRate: 0.05,
    });
    for (const seed of [1, 2, 3]) {
      const { history } = solve(solver, noisy, { steps: 800, every: 800, key: random.key(seed) });
      expect(last(history).stationarity).toBeLessThan(0.25 * (history[0]?.stationarity ?? 0));
    }
  });
});

describe('F2SA', () => {
  it('follows its equations', () => {
    const solver = f2sa<Tensor, Tensor, unknown>({
      learningRate: 0.02,
      innerLearningRate: 0.1,
      ratio: 0.5,
      lambda: 3,
      growth: 0.25,
    });
    const { state } = solve(solver, problem, first);
    const { x, y } = start;
    const residual = (v: Tensor): Tensor => v.sub(a.matmul(x).add(b)).mul(scale);
    const z1 = y.sub(residual(y).mul(0.1));
    const y1 = y.sub(y.sub(c).add(residual(y).mul(3)).mul(0.02));
    const gap = a.T.matmul(residual(z1).sub(residual(y1)));
    const x1 = x.sub(x.add(gap.mul(3)).mul(0.01));
    expect(relativeError([state.x, state.y, state.z], [x1, y1, z1])).toBeLessThan(1e-14);
    expect([state.lambda.item(), state.oracleCalls.item()]).toEqual([3.25, 6]);
  });

  it('errs by O(1/λ) at a fixed λ', () => {
    const best = linalg.solve(a.T.matmul(a).add(eye(3, 3, { dtype: 'float64' })), a.T.matmul(c.sub(b)));
    const errors = [5, 50].map((lambda) => {
      const solver = f2sa<Tensor, Tensor, unknown>({
        learningRate: 0.4 / lambda,
        innerLearningRate: 0.4,
        ratio: 0.2,
        lambda,
        growth: 0,
      });
      const steps = 2000 + 150 * lambda;
      return relativeError(solve(solver, problem, { steps, every: steps }).solution.x, best);
    });
    expect(Math.abs(Math.log10((errors[0] ?? NaN) / (errors[1] ?? NaN)) - 1)).toBeLessThan(0.2);
  });
});

describe('BOME', () => {
  it('follows its equations', () => {
    const solver = bome<Tensor, Tensor, unknown>({
      learningRate: 0.02,
      innerSteps: 3,
      innerLearningRate: 0.1,
    });
    const { solution } = solve(solver, problem, first);
    const { x, y } = start;
    const residual = (v: Tensor): Tensor => v.sub(a.matmul(x).add(b)).mul(scale);
    let reached = y;
    for (let t = 0; t < 3; t++) reached = reached.sub(residual(reached).mul(0.1));
    const q = [a.T.matmul(residual(reached).sub(residual(y))), residual(y)] as const;
    const f = [x, y.sub(c)] as const;
    const dots = (u: readonly Tensor[], v: readonly Tensor[]): number =>
      u.reduce(
        (sum, part, i) =>
          sum +
          part
            .mul(v[i] ?? part)
            .sum()
            .item(),
        0,
      );
    const lambda = Math.max(0, (0.5 * dots(q, q) - dots(f, q)) / dots(q, q));
    expect(lambda).toBeGreaterThan(0);
    const want = [0, 1].map((i) =>
      start[i === 0 ? 'x' : 'y'].sub((f[i] ?? c).add((q[i] ?? c).mul(lambda)).mul(0.02)),
    );
    expect(relativeError([solution.x, solution.y], want)).toBeLessThan(1e-13);
  });

  it('comes near a stationary point', () => {
    const solver = bome<Tensor, Tensor, unknown>({ learningRate: 0.05, innerLearningRate: 0.4 });
    const { history } = solve(solver, problem, { steps: 4000, every: 4000 });
    expect(last(history).stationarity).toBeLessThan(0.05 * (history[0]?.stationarity ?? 0));
  });
});

describe('bad input', () => {
  it('is named', () => {
    expect(() => stocBiO({ learningRate: 0 })).toThrow(
      /stocBiO: learningRate must be a finite number greater than 0.*got 0/,
    );
    expect(() => f2sa({ learningRate: -1 })).toThrow(
      /f2sa: learningRate must be a finite number greater than 0 or a schedule, got -1/,
    );
    expect(() => bome({ innerSteps: 0.5 })).toThrow(/bome: innerSteps must be a whole number of at least 1/);
    expect(() => bilevelLoop({ innerLearningRate: 1 })).toThrow(
      /outerLearningRate or outerOptimizer must be given/,
    );
    const { upper: f, lower: g } = ridge(1).problem;
    expect(() => solve(bome<Tensor, Tensor, unknown>(), { upper: f, lower: g }, first)).toThrow(
      /bome: the problem needs start/,
    );
    const shrink = { ...problem, projections: { x: (x: Tensor) => x.mul(0.5) } };
    expect(() => solve(bome<Tensor, Tensor, unknown>(), shrink, first)).toThrow(
      /projections.x is no projection: applied to its own result it changes it at index 0/,
    );
    const empty = { ...problem, projections: { y: (y: Tensor) => y.mul(NaN) } };
    expect(() => solve(bome<Tensor, Tensor, unknown>(), empty, first)).toThrow(
      /bome: projections.y gives NaN at index 0; the set may be empty/,
    );
  });
});
