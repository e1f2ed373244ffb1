import { describe, expect, it } from 'vitest';
import { eye, grad, random, tensor, tree, type Tensor } from '@core/tensor';
import { lbfgs, lossSum, solve, type LbfgsState } from '../../src/index.js';
import { distance, f64, flat, normals, seeds } from '../support.js';
import { separable } from './problems.js';

/** Rosenbrock's function in pairs, from (-1.2, 1, …). */
function rosenbrock(pairs: number) {
  return lossSum({
    size: 1,
    start: f64(Array.from({ length: pairs }, () => [-1.2, 1])),
    loss: (u: Tensor) => {
      const [x, y] = [u.slice([0, 0], [pairs, 1]), u.slice([0, 1], [pairs, 2])];
      return y.sub(x.square()).square().mul(100).add(x.sub(1).square()).sum();
    },
  });
}

/** Logistic regression with a little decay, 40 examples of 5 features. */
function logistic(seed: number) {
  const { features, labels } = separable(seed, 40, 5, 0);
  return lossSum({
    size: 40,
    start: f64(normals(seed + 5, 5)),
    loss: (u: Tensor, i: Tensor) => {
      const margins = features.take(i).matmul(u.expandDims(1)).squeeze(1).mul(labels.take(i));
      return margins.neg().softplus().mean().add(u.square().sum().mul(0.01));
    },
  });
}

describe.each(['wolfe', 'armijo'] as const)('with %s’s conditions', (lineSearch) => {
  it.each([1, 5])('finds the minimum of %d Rosenbrock functions', (pairs) => {
    const { finished, steps, solution, history } = solve(lbfgs({ lineSearch }), rosenbrock(pairs), {
      steps: 100,
      until: ({ residual }) => residual.lessEqual(1e-8),
    });
    expect(finished).toBe(true);
    expect(steps).toBeLessThan(60);
    expect(history.at(-1)?.oracleCalls).toBeLessThan(80);
    flat(solution).forEach((x) => expect(Math.abs(x - 1)).toBeLessThan(1e-8));
  });

  it('takes steps that keep the conditions', () => {
    const problem = rosenbrock(1);
    const solver = lbfgs({ lineSearch });
    let state = solver.init(problem, random.key(0));
    for (let k = 0; k < 25; k++) {
      const next = solver.step(problem, state).state;
      const step = next.point.sub(state.point);
      const [before, after] = [state.gradient, next.gradient].map((g) => g.mul(step).sum().item()) as [
        number,
        number,
      ];
      expect(next.value.item()).toBeLessThanOrEqual(state.value.item() + 1e-4 * before);
      if (lineSearch === 'wolfe')
        expect(Math.abs(after)).toBeLessThanOrEqual(0.9 * Math.abs(before) * (1 + 1e-12));
      state = next;
    }
  });
});

describe('the direction', () => {
  /** The inverse Hessian that BFGS makes of all pairs, from γ I, as a matrix: (6.17) of Nocedal & Wright. */
  function inverseHessian(state: LbfgsState, pairs: number): Tensor {
    const memory = state.rho.size;
    const row = (x: Tensor, i: number): Tensor => x.slice([i], [i + 1]).reshape([-1, 1]);
    const size = row(state.steps, 0).size;
    const one = eye(size, size, { dtype: 'float64' });
    let h = one.mul(state.scale);
    for (let i = memory - pairs; i < memory; i++) {
      const [s, y] = [row(state.steps, i), row(state.changes, i)];
      const rho = s.mul(y).sum().reciprocal();
      const left = one.sub(s.matmul(y.transpose()).mul(rho));
      h = left.matmul(h).matmul(left.transpose()).add(s.matmul(s.transpose()).mul(rho));
    }
    return h;
  }

  it.each(seeds)('is that of the matrix, seed %d', (seed) => {
    const problem = logistic(seed);
    const solver = lbfgs({ memory: 4 });
    let state = solver.init(problem, random.key(0));
    for (let k = 0; k < 9; k++) {
      const next = solver.step(problem, state).state;
      const direction = inverseHessian(state, Math.min(k, 4))
        .matmul(state.gradient.expandDims(1))
        .squeeze(1)
        .neg();
      const moved = next.point.sub(state.point);
      const length = moved.mul(direction).sum().div(direction.square().sum());
      expect(length.item()).toBeGreaterThan(0);
      expect(distance(moved, direction.mul(length))).toBeLessThan(
        1e-12 * Math.max(1, ...flat(moved).map(Math.abs)),
      );
      state = next;
    }
  });
});

describe('a solve', () => {
  it('moves trees, and in float32 stands still at the precision of f', () => {
    const start = { a: tensor([3, -2]), b: tensor(1) };
    const problem = lossSum({
      size: 2,
      start,
      loss: (p: typeof start, i: Tensor) =>
        p.a.square().sum().add(p.b.sub(2).square()).add(1).mul(i.cast('float32').add(1).mean()),
    });
    const { solution } = solve(lbfgs<typeof start>(), problem, { steps: 30 });
    expect(distance(solution, { a: tensor([0, 0]), b: tensor(2) })).toBeLessThan(1e-3);
  });

  it('goes on to the same bits', () => {
    const problem = logistic(1);
    const whole = solve(lbfgs(), problem, { steps: 12 });
    const half = solve(lbfgs(), problem, { steps: 5 });
    const rest = solve(lbfgs(), problem, { steps: 7, from: half.state });
    expect(distance(rest.state, whole.state)).toBe(0);
  });

  it('has a gradient through it', () => {
    const { start, ...functions } = logistic(2);
    const solver = lbfgs();
    const after = (from: Tensor): Tensor => {
      const problem = { ...functions, start: from };
      let state = solver.init(problem, random.key(0));
      for (let k = 0; k < 2; k++) state = solver.step(problem, state).state;
      return state.value;
    };
    const slope = grad(after)(start);
    const [h, size] = [1e-6, start.size];
    const numeric = normals(3, size);
    const along = (t: number): number => after(start.add(f64(numeric).mul(t))).item();
    const wanted = (along(h) - along(-h)) / (2 * h);
    expect(tree.leaves(slope)[0]?.mul(f64(numeric)).sum().item()).toBeCloseTo(wanted, 5);
  });
});
