import { beforeAll, describe, expect, it } from 'vitest';
import { random, zeros, type Tensor } from '@core/tensor';
import {
  affineSum,
  extragradient,
  halpernCocoercive,
  halpernDeterministic,
  solve,
  type FiniteSum,
  type FiniteSumMeasure,
  type FiniteSumSolver,
  type HistoryEntry,
  type IterativeSolver,
} from '../../src/index.js';
import { flat } from '../support.js';
import { cocoerciveSum, distanceToSolution, smallSum } from './problems.js';

let problem: FiniteSum;
let bound: (k: number) => number;
let averageConstant: number;

beforeAll(() => {
  const options = cocoerciveSum(1, 1024);
  problem = affineSum(options);
  averageConstant = problem.constants?.cocoercivity as number;
  bound = (k) => (16 * averageConstant * distanceToSolution(options)) / (k + 4);
});

type History = readonly HistoryEntry<FiniteSumMeasure>[];

/** Residuals at every tenth step, the mean of five seeds. */
function meanResiduals(of: FiniteSum, steps: number): readonly (readonly [number, number])[] {
  const runs: History[] = [1, 2, 3, 4, 5].map(
    (seed) => solve(halpernCocoercive(), of, { steps, every: 10, key: random.key(seed) }).history,
  );
  return (runs[0] ?? []).map(({ step }, i) => [
    step,
    runs.reduce((sum, run) => sum + (run[i]?.residual ?? NaN), 0) / runs.length,
  ]);
}

/** Slope of log y over log x. */
function slope(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (k: 0 | 1): number => logs.reduce((sum, pair) => sum + pair[k], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  return (
    logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) /
    logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)
  );
}

const late = ([k]: readonly [number, number]): boolean => k >= 2000;

describe('the residual of the last iterate', () => {
  it('stays below 16 L D / (k + 4) and falls as 1 / k', () => {
    const curve = meanResiduals(problem, 20_000);
    const ratios = curve.filter(([k]) => k >= 10).map(([k, r]) => r / bound(k));
    expect(Math.max(...ratios)).toBeLessThanOrEqual(1);
    const found = slope(curve.filter(late));
    expect(found).toBeGreaterThan(-1.1);
    expect(found).toBeLessThan(-0.9);
  }, 60_000);

  it('stalls with a fresh mini-batch in place of the recursive estimate', () => {
    const { history } = solve(miniBatch(32), problem, { steps: 20_000, every: 10, key: random.key(1) });
    const points = history.map(({ step, residual }) => [step, residual] as const);
    expect(slope(points.filter(late))).toBeGreaterThan(-0.2);
    expect(points[2000]?.[1]).toBeGreaterThan(0.03);
  }, 60_000);

  it('keeps the bound in a box, inside of it', () => {
    const boxed = { ...problem, resolvent: (u: Tensor) => u.clip(-0.05, 0.05) };
    const target = solve(extragradient(), boxed, {
      steps: 5000,
      every: 100,
      until: ({ residual }) => residual.lessEqual(1e-12),
    });
    const D = problem.start.sub(target.solution).square().sum().sqrt().item();
    const curve = meanResiduals(boxed, 3000);
    const ratios = curve.filter(([k]) => k >= 10).map(([k, r]) => (r * (k + 4)) / (16 * averageConstant * D));
    expect(Math.max(...ratios)).toBeLessThanOrEqual(1);
    const { solution } = solve(halpernCocoercive(), boxed, { steps: 3000, every: 1000, key: random.key(1) });
    expect(Math.max(...flat(solution).map(Math.abs))).toBeLessThanOrEqual(0.05);
    const far = solution.sub(target.solution).square().sum().sqrt().item();
    expect(far).toBeLessThan(0.1);
  }, 60_000);
});

/** Halpern's iteration with independent mini-batches. */
function miniBatch(
  size: number,
): IterativeSolver<FiniteSum, { key: Tensor; count: Tensor; point: Tensor }, Tensor, 'residual'> {
  const measure = (p: FiniteSum, u: Tensor): { residual: Tensor } => ({
    residual: p.full(u).square().sum().sqrt(),
  });
  return {
    init: (p, key) => ({ key, count: zeros([], { dtype: 'float64' }), point: p.start }),
    step: (p, { key, count, point }) => {
      const [next, drawn] = random.split(key);
      const estimate = p.batch(point, random.randint(drawn, [size], 0, p.size));
      const lambda = count.add(4).reciprocal().mul(2);
      const pulled = point.add(p.start.sub(point).mul(lambda));
      const moved = pulled.sub(estimate.mul(0.25 / averageConstant));
      return { state: { key: next, count: count.add(1), point: moved }, measures: measure(p, moved) };
    },
    measure: (p, { point }) => measure(p, point),
    solution: (_, { point }) => point,
  };
}

describe('oracle calls', () => {
  it('are fewer than those of the deterministic iteration where there are many components', () => {
    const many = affineSum(cocoerciveSum(11, 8192));
    const L = many.constants?.cocoercivity as number;
    const callsTo = <S>(solver: FiniteSumSolver<Tensor, S>, target: number): number => {
      const { history, finished } = solve(solver, many, {
        steps: 20_000,
        key: random.key(1),
        until: ({ residual }) => residual.lessEqual(target),
      });
      expect(finished).toBe(true);
      return history.at(-1)?.oracleCalls ?? NaN;
    };
    const page = halpernCocoercive({ learningRate: 1 / L });
    const shares = [1e-2, 3e-3].map((target) => {
      const [ours, theirs] = [callsTo(page, target), callsTo(halpernDeterministic(), target)];
      return ours / theirs;
    });
    expect(shares[0]).toBeLessThanOrEqual(0.6);
    expect(shares[1]).toBeLessThanOrEqual(0.5);
  }, 60_000);
});

describe('exact values', () => {
  /** u_{k+1} = λ u₀ + (1 - λ) u_k - η F(u_k), λ = 2/(k + 4), in plain numbers. */
  function recursion(options: ReturnType<typeof smallSum>, eta: number, steps: number): number[] {
    const d = 4;
    const [m, q, start] = [options.matrices.mean(0), options.offsets.mean(0), options.start].map(flat) as [
      number[],
      number[],
      number[],
    ];
    let u = start;
    for (let k = 0; k < steps; k++) {
      const lambda = 2 / (k + 4);
      const value = q.map((offset, i) => u.reduce((sum, x, j) => sum + (m[i * d + j] ?? 0) * x, offset));
      u = u.map((x, i) => lambda * (start[i] ?? 0) + (1 - lambda) * x - eta * (value[i] ?? 0));
    }
    return u;
  }
  const last = (of: FiniteSum, solver: FiniteSumSolver<Tensor, unknown>): number[] =>
    flat(solve(solver, of, { steps: 200, every: 200, key: random.key(3) }).solution);

  it('are those of the deterministic recursion when every estimate is refreshed', () => {
    const options = smallSum(1);
    const wanted = recursion(options, 0.05, 200);
    const got = last(affineSum(options), halpernCocoercive({ learningRate: 0.05, refreshProbability: 1 }));
    got.forEach((x, i) => expect(Math.abs(x - (wanted[i] ?? NaN))).toBeLessThan(1e-12));
  });

  it('and when there is one component', () => {
    const { matrices, offsets, start } = smallSum(1);
    const single = { matrices: matrices.slice([0], [1]), offsets: offsets.slice([0], [1]), start };
    const wanted = recursion(single, 0.05, 200);
    const got = last(affineSum(single), halpernCocoercive({ learningRate: 0.05 }));
    got.forEach((x, i) => expect(Math.abs(x - (wanted[i] ?? NaN))).toBeLessThan(1e-12));
  });
});
