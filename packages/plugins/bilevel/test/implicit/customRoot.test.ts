import { describe, expect, it } from 'vitest';
import { grad, jit, jvp, linalg, tensor, vjp, vmap, type Tensor } from '@core/tensor';
import { customFixedPoint, customRoot } from '../../src/index.js';
import { linearMethods } from '../../src/linear/solve.js';
import { ridge } from '../ridge.js';
import { centralDifferences, f64, normal, relativeError } from '../support.js';

const { problem, hessian, solution, gradient, objective, penalties: t } = ridge(1);
const start = solution(t).mul(0);
const optimality = (w: Tensor, at: Tensor): Tensor => grad(problem.lower, 1)(at, w);
const exact = { tolerance: 1e-14 };

describe('customRoot', () => {
  for (const solve of linearMethods)
    it(`by ${solve}: a solver's gradient is the closed form to 1e-9`, () => {
      const root = customRoot(optimality, { solve, ...exact })((_: Tensor, at: Tensor) => solution(at));
      const outer = (at: Tensor): Tensor => problem.upper(at, root(start, at));
      expect(relativeError(grad(outer)(t), gradient(t))).toBeLessThan(1e-9);
      expect(relativeError(jit(grad(outer))(t), gradient(t))).toBeLessThan(1e-9);
    });

  it('agrees with finite differences of the solved problem to 1e-6', () => {
    expect(relativeError(gradient(t), f64(centralDifferences(objective, t)))).toBeLessThan(1e-6);
  });

  it('does not differentiate the solver, which may do anything with values', () => {
    const root = customRoot(
      optimality,
      exact,
    )((_: Tensor, at: Tensor) => {
      const detached = tensor(Array.from(at.dataSync()), { dtype: 'float64' });
      return solution(detached);
    });
    // at is concrete here only where nothing is traced
    expect(relativeError(root(start, t), solution(t))).toBeLessThan(1e-14);
  });

  const root = customRoot(optimality, exact)((_: Tensor, at: Tensor) => solution(at));
  const [u, v] = [normal(50, [8]), normal(51, [8])];

  it('has a jvp and a vjp that are transposes of each other to 1e-10', () => {
    const forward = jvp((at: Tensor) => root(start, at), [t], [v])[1]
      .mul(u)
      .sum()
      .item();
    const backward = vjp((at: Tensor) => root(start, at), t)[1](u)[0]
      .mul(v)
      .sum()
      .item();
    expect(Math.abs(forward - backward)).toBeLessThan(1e-10 * Math.max(1, Math.abs(forward)));
  });

  it('has second derivatives: of the hyper-objective, differentiated twice', () => {
    const slope = (at: Tensor): Tensor =>
      grad((s: Tensor) => problem.upper(s, root(start, s)))(at)
        .mul(u)
        .sum();
    expect(relativeError(grad(slope)(t), f64(centralDifferences(slope, t)))).toBeLessThan(1e-6);
    expect(relativeError(jit(grad(slope))(t), grad(slope)(t))).toBeLessThan(1e-9);
  });

  it('works under vmap', () => {
    const stack = normal(60, [3, 8]).mul(0.3);
    const each = vmap(grad((at: Tensor) => problem.upper(at, root(start, at))))(stack);
    [0, 1, 2].forEach((i) => {
      expect(relativeError(each.at(i), gradient(stack.at(i)))).toBeLessThan(1e-9);
    });
  });

  it('differentiates by tensors that F only closes over', () => {
    const loss = (scale: Tensor): Tensor => {
      const f = (w: Tensor, at: Tensor): Tensor => optimality(w, at).sub(scale);
      const shifted = customRoot(
        f,
        exact,
      )((_: Tensor, at: Tensor) => solution(at).add(linalg.solve(hessian(at), start.add(1)).mul(scale)));
      return problem.upper(t, shifted(start, t));
    };
    const s = f64(0.3);
    const differences = (loss(f64(0.3 + 1e-6)).item() - loss(f64(0.3 - 1e-6)).item()) / 2e-6;
    expect(Math.abs(grad(loss)(s).item() - differences)).toBeLessThan(1e-6);
  });

  it('passes auxiliary results through, and leaves that are not floats', () => {
    type Y = { w: Tensor; steps: Tensor };
    const counted = customRoot((y: Y, at: Tensor): Y => ({ ...y, w: optimality(y.w, at) }), {
      ...exact,
      hasAux: true,
    })(
      (_: Y, at: Tensor) =>
        [{ w: solution(at), steps: tensor(3, { dtype: 'int32' }) }, { found: true }] as const,
    );
    const [y, aux] = counted({ w: start, steps: tensor(0, { dtype: 'int32' }) }, t);
    expect([y.steps.item(), aux]).toEqual([3, { found: true }]);
    const outer = (at: Tensor): Tensor =>
      problem.upper(at, counted({ w: start, steps: tensor(0, { dtype: 'int32' }) }, at)[0].w);
    expect(relativeError(grad(outer)(t), gradient(t))).toBeLessThan(1e-9);
  });

  it('starts linear solves where it is told, whatever the derivative', () => {
    const few = { solve: 'cg', maxIterations: 3, tolerance: 1e-14 } as const;
    const v0 = grad(problem.upper, 1)(t, solution(t)).neg();
    const adjoint = linalg.solve(hessian(t), v0);
    const slope = (options: object): Tensor => {
      const by = customRoot(optimality, { ...few, ...options })((_: Tensor, at: Tensor) => solution(at));
      return grad((at: Tensor) => problem.upper(at, by(start, at)))(t);
    };
    expect(relativeError(slope({ start: adjoint }), gradient(t))).toBeLessThan(1e-12);
    expect(relativeError(slope({}), gradient(t))).toBeGreaterThan(1e-6);
    expect(() => slope({ start: f64([1]) })).toThrow(
      /start must be what is like the solution, \[8\]; got \[1\]/,
    );
  });

  it('refuses what makes no sense', () => {
    expect(() => customRoot(optimality, { tolerance: -1 })).toThrow(
      /customRoot: tolerance must be .* at least 0/,
    );
    expect(() => customRoot(3 as never)).toThrow(
      /customRoot: the optimality function must be a function, got 3/,
    );
    const wrong = customRoot((w: Tensor, at: Tensor): Tensor => optimality(w, at).sum())(
      (_: Tensor, at: Tensor) => solution(at),
    );
    expect(() => wrong(start, t)).toThrow(/customRoot: .*like the solution, \[8\]; got \[\]/);
  });
});

describe('customFixedPoint', () => {
  it('has the derivatives of the fixed point of a gradient step', () => {
    const step = (w: Tensor, at: Tensor): Tensor => w.sub(optimality(w, at).mul(0.15));
    const fixed = customFixedPoint(step, exact)((_: Tensor, at: Tensor) => solution(at));
    const outer = (at: Tensor): Tensor => problem.upper(at, fixed(start, at));
    expect(relativeError(grad(outer)(t), gradient(t))).toBeLessThan(1e-9);
  });
});
