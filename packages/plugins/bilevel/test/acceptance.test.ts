import { describe, expect, it } from 'vitest';
import { eye, jit, linalg, memory, random, zeros, type Tensor } from '@core/tensor';
import { hypergradient, type BilevelProblem, type HypergradientOptions } from '../src/index.js';
import { f64, normal, relativeError } from './support.js';

/** Ridge regression whose Hessian has eigenvalues from 0.57 to 4.9, by its design matrix. */
const dimension = 8;
const alpha = 0.15;
const [least, largest] = [0.57, 4.9];
const t = zeros([dimension], { dtype: 'float64' }).sub(1);
const turn = linalg.qr(normal(1, [dimension, dimension]))[0];
const spread = f64(
  Array.from({ length: dimension }, (_, i) => least + ((largest - least) * i) / (dimension - 1)),
);
const train = spread.sub(Math.exp(-1)).mul(dimension).sqrt().expandDims(1).mul(turn);
const [targets, held, heldTargets] = [normal(2, [dimension]), normal(3, [20, dimension]), normal(4, [20])];
const ridge: BilevelProblem<Tensor, Tensor> = {
  upper: (_t, w) => held.matmul(w).sub(heldTargets).square().mean().div(2),
  lower: (x, w) => train.matmul(w).sub(targets).square().mean().add(x.exp().mul(w.square()).sum()).div(2),
};
const hessian = train.T.matmul(train)
  .div(dimension)
  .add(eye(dimension, dimension, { dtype: 'float64' }).mul(t.exp()));
const w = linalg.solve(hessian, train.T.matmul(targets).div(dimension));
const v = held.T.matmul(held.matmul(w).sub(heldTargets)).div(20);
const exact = t.exp().mul(w).mul(linalg.solve(hessian, v)).neg();
const errors = (counts: readonly number[], of: (k: number) => HypergradientOptions<Tensor, Tensor>, y = w) =>
  counts.map((k) => relativeError(hypergradient(ridge, of(k))(t, y).grad, exact));

describe('orders of the methods, on a ridge with a Hessian in [0.57, 4.9]', () => {
  it('is that problem', () => {
    const values = linalg.eigvalsh(hessian);
    expect(values.min().item()).toBeCloseTo(least, 10);
    expect(values.max().item()).toBeCloseTo(largest, 10);
  });

  it('Neumann and unrolling fall at least as (1 - αμ)ᴷ', () => {
    const contraction = 1 - alpha * least;
    const series = errors([1, 5, 20, 100], (iterations) => ({ method: 'neumann', iterations, alpha }));
    const steps = errors(
      [10, 50, 200],
      (k) => ({ method: 'unroll', steps: k, learningRate: alpha }),
      w.mul(0),
    );
    // |q - q_K| <= (1 - αμ)ᴷ⁺¹ |q|; J and the norm of the gradient may weigh directions otherwise, by the condition of H at most
    const condition = largest / least;
    [1, 5, 20, 100].forEach((k, i) => {
      expect(series[i]).toBeLessThan(condition * contraction ** (k + 1));
    });
    [10, 50, 200].forEach((k, i) => {
      expect(steps[i]).toBeLessThan(condition * k * contraction ** k);
    });
    expect(series[3]).toBeLessThan(1e-3);
    expect(steps[2]).toBeLessThan(1e-5);
    expect([...series].sort((a, b) => b - a)).toEqual(series);
  });

  it('conjugate gradients end after dim y iterations', () => {
    const found = errors([1, 2, 4, 8], (iterations) => ({ method: 'cg', iterations }));
    expect([...found].sort((a, b) => b - a)).toEqual(found);
    expect(found[3]).toBeLessThan(1e-11);
  });

  it('the penalty’s error is O(1/λ)', () => {
    const found = errors([1, 10, 100, 1e3, 1e4], (lambda) => ({
      method: 'f2sa',
      lambda,
      steps: 400,
      learningRate: alpha,
    }));
    const slopes = found.slice(1).map((error, i) => Math.log10(error / (found[i] ?? NaN)));
    expect(Math.abs((slopes[1] ?? NaN) + 1)).toBeLessThan(0.15);
    for (const slope of slopes.slice(2)) expect(Math.abs(slope + 1)).toBeLessThan(0.03);
    expect(found[4]).toBeLessThan(1e-3);
  });
});

describe('memory', () => {
  const n = 200_000;
  const scale = random.uniform(random.key(1), [n]).add(0.5);
  const wide: BilevelProblem<Tensor, Tensor> = {
    upper: (_x, y) => y.sub(1).square().sum().mul(0.5),
    lower: (x, y) => scale.mul(y.square()).sum().mul(0.5).sub(x.mul(y).sum()),
  };
  const x = zeros([n]).add(2);
  const y = x.div(scale);
  const held = (): number => memory().peakBytes + memory().pooledBytes;

  it('cg with dim y = 200000 solves the problem in a few vectors', () => {
    const before = memory().bytes + memory().pooledBytes;
    const step = jit((a: Tensor, b: Tensor) =>
      hypergradient(wide, { method: 'cg', iterations: 30, tolerance: 1e-6 })(a, b),
    );
    const { grad, aux } = step(x, y);
    expect((held() - before) / (4 * n)).toBeLessThan(64);
    expect(relativeError(grad, y.sub(1).div(scale))).toBeLessThan(1e-4);
    expect(aux.residual.item()).toBeLessThan(1e-4);
  });

  const others: readonly HypergradientOptions<Tensor, Tensor>[] = [
    { method: 'neumann', iterations: 10, alpha: 0.5 },
    { method: 'fixedPoint', iterations: 10, alpha: 0.5 },
    { method: 'identity' },
    { method: 'darts' },
    { method: 'sama' },
    { method: 'unroll', steps: 10, learningRate: 0.5 },
    { method: 'truncated', steps: 10, window: 3, learningRate: 0.5 },
    { method: 'f2sa', steps: 10, learningRate: 0.5 },
    { method: 'bome', lowerRate: 0.1 },
  ];
  for (const options of others)
    it(`nor does ${options.method} need more`, () => {
      const before = memory().bytes + memory().pooledBytes;
      const { grad } = jit((a: Tensor, b: Tensor) => hypergradient(wide, options)(a, b))(x, y);
      // What is held now; the peak is that of the whole file
      expect((memory().bytes + memory().pooledBytes - before) / (4 * n)).toBeLessThan(64);
      expect(Number.isFinite(grad.sum().item())).toBe(true);
    });

  it('checkpoints and forward mode hold less than reverse mode', () => {
    const steps = 144;
    const few: BilevelProblem<Tensor, Tensor> = {
      upper: wide.upper,
      lower: (a, b) => b.square().mul(scale).sum().mul(0.5).sub(a.sum().sin().mul(b.sin().sum())),
    };
    const small = zeros([2]).add(0.3);
    const kept = (more: object): number => {
      const before = memory().bytes + memory().pooledBytes;
      const by = hypergradient(few, { method: 'unroll', steps, learningRate: 0.5, ...more });
      const program = jit((a: Tensor, b: Tensor) => by(a, b).grad);
      const got = program(small, y);
      const used = memory().bytes + memory().pooledBytes - before;
      program.dispose();
      got.dispose();
      return used / (4 * n);
    };
    const [reverse, checkpoints, forward] = [kept({}), kept({ checkpoint: true }), kept({ mode: 'forward' })];
    expect(reverse).toBeGreaterThan(steps);
    expect(checkpoints).toBeLessThan(reverse / 2);
    expect(forward).toBeLessThan(32);
  });
});
