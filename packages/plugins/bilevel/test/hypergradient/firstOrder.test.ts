import { describe, expect, it } from 'vitest';
import { grad, type Tensor } from '@core/tensor';
import { sgd } from '@plugins/optim';
import { hypergradient, type HypergradientOptions } from '../../src/index.js';
import { ridge } from '../ridge.js';
import { f64, flat, relativeError } from '../support.js';

const { problem, hessian, solution, gradient, penalties: t } = ridge(1);
const w = solution(t);
const truth = gradient(t);
const alpha = 0.15;
const of = (options: HypergradientOptions<Tensor, Tensor>, y = w) => hypergradient(problem, options)(t, y);

describe('f2sa', () => {
  it('errs as 1/λ where both levels have converged', () => {
    const errors = [1, 10, 100, 1e3, 1e4].map((lambda) =>
      relativeError(of({ method: 'f2sa', lambda, steps: 600, learningRate: alpha }).grad, truth),
    );
    const slopes = errors.slice(1).map((error, i) => Math.log10(error / (errors[i] ?? NaN)));
    expect(slopes.slice(1).every((slope) => Math.abs(slope + 1) < 0.1)).toBe(true);
    expect(errors[4]).toBeLessThan(1e-3);
  });

  it('from the lower solution is Neumann with T - 1 iterations, as λ grows', () => {
    for (const steps of [1, 5, 12]) {
      const series = of({ method: 'neumann', iterations: steps - 1, alpha });
      const got = of({ method: 'f2sa', lambda: 1e6, steps, learningRate: alpha });
      expect(relativeError(got.grad, series.grad)).toBeLessThan(1e-5);
      expect(relativeError(got.aux.adjoint, series.aux.adjoint)).toBeLessThan(1e-5);
    }
  });

  it('goes on from the steps of the lower level alone, and takes optimizers', () => {
    const start = w.mul(0);
    const got = of({ method: 'f2sa', steps: 3, optimizer: sgd({ learningRate: alpha }) }, start);
    let z = start;
    for (let i = 0; i < 3; i++) z = z.sub(grad(problem.lower, 1)(t, z).mul(alpha));
    expect(relativeError(got.aux.y, z)).toBeLessThan(1e-14);
    const same = of({ method: 'f2sa', steps: 3, learningRate: alpha, lambda: f64(100) }, start);
    expect(relativeError(got.grad, same.grad)).toBeLessThan(1e-12);
  });
});

describe('bome', () => {
  it('follows its equations', () => {
    const y = w.sub(grad(problem.upper, 1)(t, w).mul(0.5)); // where f falls as g grows
    const { grad: byX, aux } = of(
      { method: 'bome', steps: 4, learningRate: 0.1, eta: 0.25, lowerRate: 0.2 },
      y,
    );
    let reached = y;
    for (let i = 0; i < 4; i++) reached = reached.sub(grad(problem.lower, 1)(t, reached).mul(0.1));
    const f = flat(grad(problem.upper, 1)(t, y));
    const [qx, qy] = grad(
      (a: Tensor, b: Tensor) => problem.lower(a, b).sub(problem.lower(a, reached)),
      [0, 1],
    )(t, y);
    const q = [...flat(qx), ...flat(qy)];
    const whole = [...f.map(() => 0), ...f]; // f does not know t
    const dot = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
    const lambda = Math.max(0, (0.25 * dot(q, q) - dot(whole, q)) / dot(q, q));
    expect(lambda).toBeGreaterThan(0);
    expect(relativeError(byX, qx.mul(lambda))).toBeLessThan(1e-12);
    expect(relativeError(aux.y, y.sub(f64(f).add(qy.mul(lambda)).mul(0.2)))).toBeLessThan(1e-12);
    expect(aux.lowerNorm.item()).toBeCloseTo(
      hessian(t).matmul(aux.y.sub(w)).square().sum().sqrt().item(),
      10,
    );
    expect(flat(of({ method: 'bome', steps: 4 }, y).aux.y)).toEqual(flat(y));
  });

  it('at the lower solution sees ∇ₓf alone', () => {
    const level = { ...problem, upper: (a: Tensor, b: Tensor) => problem.upper(a, b).add(a.square().sum()) };
    const { y } = of({ method: 'unroll', steps: 3000, learningRate: alpha }).aux;
    expect(relativeError(hypergradient(level, { method: 'bome' })(t, y).grad, t.mul(2))).toBeLessThan(0.2);
  });
});

describe('bad input', () => {
  it('is named', () => {
    const make = (options: unknown) => () =>
      hypergradient(problem, options as HypergradientOptions<Tensor, Tensor>);
    expect(make({ method: 'f2sa' })).toThrow(/f2sa: learningRate or optimizer must be one of the two/);
    expect(make({ method: 'f2sa', learningRate: 1, lambda: 0 })).toThrow(/lambda must be .* greater than 0/);
    expect(make({ method: 'f2sa', learningRate: 1, checkpoint: true })).toThrow(/no option checkpoint/);
    expect(make({ method: 'bome', learningRate: 1, optimizer: sgd({ learningRate: 1 }) })).toThrow(
      /bome: learningRate must be left out with an optimizer/,
    );
    expect(make({ method: 'bome', lowerRate: -1 })).toThrow(/lowerRate must be .* at least 0/);
  });
});
