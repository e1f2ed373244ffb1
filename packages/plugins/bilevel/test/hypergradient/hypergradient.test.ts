import { describe, expect, it } from 'vitest';
import { grad, jit, linalg, stack, tensor, vmap, type Tensor } from '@core/tensor';
import { adam, sgd } from '@plugins/optim';
import {
  adamPreconditioner,
  hypergradient,
  unrolled,
  type BilevelProblem,
  type HypergradientOptions,
} from '../../src/index.js';
import { ridge } from '../ridge.js';
import { centralDifferences, f64, flat, normal, relativeError } from '../support.js';

const { problem, hessian, solution, gradient, penalties: t } = ridge(1);
const w = solution(t);
const truth = gradient(t);
const alpha = 0.15;
const errorOf = (options: HypergradientOptions<Tensor, Tensor>, y = w): number =>
  relativeError(hypergradient(problem, options)(t, y).grad, truth);
const smallest = Math.min(...flat(linalg.eigvalsh(hessian(t))));
const contraction = 1 - alpha * smallest;

describe('on a ridge problem, whose hypergradient is known', () => {
  it('exact and cg with dim y iterations agree with the closed form to 1e-9', () => {
    expect(errorOf({ method: 'exact' })).toBeLessThan(1e-9);
    expect(errorOf({ method: 'cg', iterations: 8 })).toBeLessThan(1e-9);
  });

  it('Neumann, its fixed point and unrolling decay as (1 - αμ)ᴷ or faster', () => {
    expect(Math.max(...flat(linalg.eigvalsh(hessian(t)))) * alpha).toBeLessThan(1);
    const counts = [60, 140, 220];
    const series: Readonly<Record<string, (k: number) => number>> = {
      neumann: (iterations) => errorOf({ method: 'neumann', iterations, alpha }),
      fixedPoint: (iterations) => errorOf({ method: 'fixedPoint', iterations, alpha }),
      // From 0 both the iterate and its derivative err: the rate times k.
      unroll: (steps) => errorOf({ method: 'unroll', steps, learningRate: alpha }, w.mul(0)) / steps,
    };
    for (const error of Object.values(series)) {
      const [first = NaN, middle = NaN, last = NaN] = counts.map(error);
      const rate = Math.log(last / middle) / 80;
      expect(Math.abs(rate / Math.log(contraction) - 1)).toBeLessThan(0.1);
      expect(middle).toBeLessThan(first);
    }
    expect(errorOf({ method: 'unroll', steps: 1000, learningRate: alpha }, w.mul(0))).toBeLessThan(1e-9);
  });

  it('conjugate gradients beat the series at the same number of products', () => {
    const errors = [1, 2, 4, 8].map((iterations) => errorOf({ method: 'cg', iterations }));
    expect(errors[2]).toBeLessThan(errors[1] ?? 0);
    expect(errors[3]).toBeLessThan(1e-10);
    expect(errors[2]).toBeLessThan(errorOf({ method: 'neumann', iterations: 4, alpha }));
  });

  it('truncated to K steps at the solution is Neumann with K - 1 more terms, to 1e-10', () => {
    for (const window of [1, 3, 10]) {
      const cut = hypergradient(problem, {
        method: 'truncated',
        steps: window + 2,
        window,
        learningRate: alpha,
      });
      const series = hypergradient(problem, { method: 'neumann', iterations: window - 1, alpha });
      expect(relativeError(cut(t, w).grad, series(t, w).grad)).toBeLessThan(1e-10);
    }
    const first = hypergradient(problem, { method: 'identity', alpha })(t, w).grad;
    expect(
      relativeError(first, hypergradient(problem, { method: 'neumann', iterations: 0, alpha })(t, w).grad),
    ).toBe(0);
  });

  it('Neumann with α = 1/L in the limit is exact', () => {
    const largest = Math.max(...flat(linalg.eigvalsh(hessian(t))));
    expect(errorOf({ method: 'neumann', iterations: 2000, alpha: 1 / largest })).toBeLessThan(1e-9);
  });

  it('darts and sama are the identity by differences; exactly so where g is quadratic in y', () => {
    const q = hypergradient(problem, { method: 'identity' })(t, w).grad;
    expect(relativeError(hypergradient(problem, { method: 'darts' })(t, w).grad, q)).toBeLessThan(1e-9);
    expect(relativeError(hypergradient(problem, { method: 'sama' })(t, w).grad, q)).toBeLessThan(1e-9);
    const scaled = hypergradient(problem, { method: 'darts', learningRate: alpha })(t, w).grad;
    expect(relativeError(scaled, q.mul(alpha))).toBeLessThan(1e-9);
  });

  it('sama with Adam’s preconditioner puts the derivative of an Adam step in the place of the inverse', () => {
    const [g, m0, v0] = [normal(70, [8]), normal(71, [8]).mul(0.1), normal(72, [8]).square().add(0.5)];
    const step = (slope: Tensor): Tensor =>
      m0
        .mul(0.9)
        .add(slope.mul(0.1))
        .div(v0.mul(0.999).add(slope.square().mul(0.001)).sqrt())
        .mul(0.01);
    const precondition = adamPreconditioner<Tensor>({
      gradient: g,
      firstMoment: m0.mul(0.9).add(g.mul(0.1)),
      secondMoment: v0.mul(0.999).add(g.square().mul(0.001)),
      learningRate: 0.01,
      epsilon: 0,
    });
    const each = grad((slope: Tensor) => step(slope).sum())(g);
    expect(relativeError(precondition(g.mul(0).add(1)), each)).toBeLessThan(1e-10);
    const v = grad(problem.upper, 1)(t, w);
    const want = t.exp().mul(w).mul(precondition(v)).neg();
    expect(
      relativeError(hypergradient(problem, { method: 'sama', precondition })(t, w).grad, want),
    ).toBeLessThan(1e-8);
  });

  it('goes on from an earlier adjoint', () => {
    const few = { method: 'cg', iterations: 3 } as const;
    const first = hypergradient(problem, few)(t, w);
    const second = hypergradient(problem, few)(t, w, {}, first.aux.adjoint);
    expect(second.aux.residual.item()).toBeLessThan(first.aux.residual.item() / 5);
  });

  it('says how far y is from the lower solution, and where H is not positive definite', () => {
    const { aux } = hypergradient(problem, { method: 'cg', iterations: 8 })(t, w.add(0.1));
    expect(aux.lowerNorm.item()).toBeCloseTo(
      hessian(t).matmul(w.mul(0).add(0.1)).square().sum().sqrt().item(),
      10,
    );
    expect([aux.positive.item(), aux.iterations.item()]).toEqual([1, 8]);
    const saddle: BilevelProblem<Tensor, Tensor> = {
      upper: (_x, y) => y.square().sum(),
      lower: (x, y) =>
        y
          .square()
          .mul(f64([1, -1]))
          .sum()
          .add(x.mul(y).sum()),
    };
    const [x, y] = [f64([1, 1]), f64([1, 2])];
    const at = hypergradient(saddle, { method: 'cg', iterations: 2, indefinite: 'stop' })(x, y);
    // v = (2, 4), H = diag(2, -2): p·Hp/|p|² = (8 - 32)/20
    expect([at.aux.positive.item(), at.aux.curvature.item(), at.aux.iterations.item()]).toEqual([0, -1.2, 1]);
    expect(flat(at.grad).every(Number.isFinite)).toBe(true);
    const throwing = hypergradient(saddle, { method: 'cg', iterations: 2 });
    expect(() => throwing(x, y)).toThrow(/p·Hp = -1.2 \|p\|² in iteration 1, where the residual was 1 of/);
    expect(jit((a: Tensor, b: Tensor) => throwing(a, b).aux)(x, y).positive.item()).toBe(0);
  });
});

const methods: readonly HypergradientOptions<Tensor, Tensor>[] = [
  { method: 'exact' },
  { method: 'cg', iterations: 5 },
  { method: 'neumann', iterations: 5, alpha },
  { method: 'fixedPoint', iterations: 5, alpha },
  { method: 'identity', alpha },
  { method: 'darts' },
  { method: 'sama' },
  { method: 'unroll', steps: 5, learningRate: alpha },
  { method: 'truncated', steps: 5, window: 2, learningRate: alpha },
  { method: 'unroll', steps: 5, learningRate: alpha, mode: 'forward' },
  { method: 'f2sa', steps: 5, learningRate: alpha, lambda: 10 },
  { method: 'bome', learningRate: alpha, lowerRate: 0.1 },
];

describe('traced', () => {
  const ahead = grad(problem.upper, 1)(t, w).mul(0.5);
  for (const options of methods)
    it(`${options.method}${'mode' in options ? ', forward,' : ''} works in jit and under vmap`, () => {
      // Away from the lower solution, to where f falls: at it BOME's λ is 0, and its gradient with it.
      const of = (x: Tensor, y: Tensor): Tensor => hypergradient(problem, options)(x, y.sub(ahead)).grad;
      expect(relativeError(jit(of)(t, w), of(t, w))).toBeLessThan(1e-8);
      const two = vmap(of)(stack([t, t.add(0.1)]), stack([w, w.mul(0.99)]));
      expect(relativeError(two.at(1), of(t.add(0.1), w.mul(0.99)))).toBeLessThan(1e-8);
    });

  it('a hypergradient is differentiable', () => {
    const direction = normal(80, [8]);
    const slope = (x: Tensor): Tensor =>
      hypergradient(problem, { method: 'neumann', iterations: 3, alpha })(x, w).grad.mul(direction).sum();
    expect(relativeError(grad(slope)(t), f64(centralDifferences(slope, t)))).toBeLessThan(1e-6);
  });

  it('float32 variables give float32 gradients', () => {
    const small: BilevelProblem<{ a: Tensor }, Tensor> = {
      upper: (_x, y) => y.sub(1).square().sum(),
      lower: (x, y) => y.sub(x.a).square().sum(),
    };
    const { grad: g } = hypergradient(small, { method: 'cg', iterations: 3 })(
      { a: tensor([3, 5]) },
      tensor([3, 5]),
    );
    expect([g.a.dtype, g.a.toArray()]).toEqual(['float32', [4, 8]]);
  });
});

describe('unrolled steps', () => {
  it('of any optimizer, with derivatives by its hyperparameters and by the start', () => {
    const byRate: BilevelProblem<{ rate: Tensor }, Tensor> = {
      upper: (_x, y) => problem.upper(t, y),
      lower: (_x, y) => problem.lower(t, y),
    };
    const f = unrolled(byRate, { steps: 6, optimizer: (x) => sgd({ learningRate: x.rate, momentum: 0.9 }) });
    const y0 = w.mul(0);
    const value = (rate: Tensor): Tensor => f({ rate }, y0)[0];
    const slope = grad(value)(f64(0.05)).item();
    const differences = centralDifferences((rate) => value(rate.at(0)), f64([0.05]))[0] ?? NaN;
    expect(Math.abs(slope / differences - 1)).toBeLessThan(1e-6);
    const byStart = (y: Tensor): Tensor => f({ rate: f64(0.05) }, y)[0];
    expect(relativeError(grad(byStart)(y0), f64(centralDifferences(byStart, y0)))).toBeLessThan(1e-6);
  });

  it('of Adam agree with differences', () => {
    const options = { method: 'unroll', steps: 7, optimizer: adam({ learningRate: 0.05 }) } as const;
    const got = hypergradient(problem, options)(t, w.mul(0)).grad;
    const value = (x: Tensor): Tensor =>
      unrolled(problem, { steps: 7, optimizer: options.optimizer })(x, w.mul(0))[0];
    expect(relativeError(got, f64(centralDifferences(value, t)))).toBeLessThan(1e-5);
  });

  it('have the same gradient with checkpoints', () => {
    for (const steps of [1, 7, 16]) {
      const plain = hypergradient(problem, { method: 'unroll', steps, learningRate: alpha })(t, w.mul(0.5));
      const kept = hypergradient(problem, { method: 'unroll', steps, learningRate: alpha, checkpoint: true })(
        t,
        w.mul(0.5),
      );
      expect(relativeError(kept.grad, plain.grad)).toBeLessThan(1e-12);
      expect(relativeError(kept.aux.y, plain.aux.y)).toBeLessThan(1e-12);
    }
  });
});

describe('trees', () => {
  it('leaves that are integers, unused or frozen have zeros', () => {
    type X = { t: Tensor; unused: Tensor; rows: Tensor };
    const nested: BilevelProblem<X, { w: Tensor; fixed: Tensor }> = {
      upper: (x, y) => problem.upper(x.t, y.w),
      lower: (x, y) => problem.lower(x.t, y.w),
    };
    const x = { t, unused: f64([1, 2]), rows: tensor([1, 2], { dtype: 'int32' }) };
    const { grad: g } = hypergradient(nested, { method: 'cg', iterations: 8 })(x, { w, fixed: f64([7]) });
    expect(relativeError(g.t, truth)).toBeLessThan(1e-9);
    expect([flat(g.unused), flat(g.rows), g.rows.dtype]).toEqual([[0, 0], [0, 0], 'int32']);
  });
});

describe('bad input', () => {
  it('is named', () => {
    const of = (options: unknown) => () =>
      hypergradient(problem, options as HypergradientOptions<Tensor, Tensor>);
    expect(of({ method: 'newton' })).toThrow(/hypergradient: method must be 'exact' or .*got "newton"/);
    expect(of({ method: 'cg', alpha: 1 })).toThrow(/hypergradient by cg: there is no option alpha/);
    expect(of({ method: 'neumann', alpha: 0 })).toThrow(
      /alpha must be a finite number greater than 0.*got 0/,
    );
    expect(of({ method: 'unroll', steps: 3 })).toThrow(/learningRate or optimizer must be one of the two/);
    expect(of({ method: 'truncated', steps: 3, window: 4, learningRate: 1 })).toThrow(
      /window must be at most the 3 steps, got 4/,
    );
    expect(() => hypergradient({ upper: 3 } as never, { method: 'exact' })).toThrow(
      /hypergradient: upper must be a function, got 3/,
    );
    const vector = { ...problem, lower: (_x: Tensor, y: Tensor) => y };
    expect(() => hypergradient(vector, { method: 'exact' })(t, w)).toThrow(
      /lower\(x, y, batch\) must give a scalar tensor, gave a float64\[8\]/,
    );
    expect(() => hypergradient(problem, { method: 'exact' })(tensor([1], { dtype: 'int32' }), w)).toThrow(
      /hypergradient: x has no float tensors/,
    );
  });
});
