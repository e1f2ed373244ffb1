import { describe, expect, it } from 'vitest';
import { grad, tensor, type Tensor, type Tree } from '@core/tensor';
import { adam, adamw, rmsprop, sgd } from '@plugins/optim';
import { hypergradient, unrolled, type BilevelProblem, type HypergradientOptions } from '../../src/index.js';
import { ridge } from '../ridge.js';
import { centralDifferences, f64, flat, relativeError } from '../support.js';

const { problem, solution, penalties: t } = ridge(1);
const w = solution(t);
const by = (options: HypergradientOptions<Tensor, Tensor>, y = w.mul(0.5)) =>
  hypergradient(problem, options)(t, y);

describe('forward mode', () => {
  it('is reverse mode to rounding: all steps, the last ones, and by optimizers', () => {
    const ways = [
      { method: 'unroll', steps: 12, learningRate: 0.15 },
      { method: 'truncated', steps: 12, window: 5, learningRate: 0.15 },
      { method: 'unroll', steps: 6, optimizer: adam({ learningRate: 0.05 }) },
    ] as const;
    for (const options of ways) {
      const [forward, reverse] = [by({ ...options, mode: 'forward' }), by(options)];
      expect(relativeError(forward.grad, reverse.grad)).toBeLessThan(1e-11);
      expect(relativeError(forward.aux.y, reverse.aux.y)).toBeLessThan(1e-13);
      expect(forward.aux.value.item()).toBeCloseTo(reverse.aux.value.item(), 12);
    }
  });

  it('takes trees of several leaves', () => {
    const split: BilevelProblem<{ a: Tensor; b: { c: Tensor } }, Tensor> = {
      upper: (x, y) => problem.upper(t, y).add(x.a.sum()),
      lower: (x, y) => problem.lower(t, y).add(x.a.mul(x.b.c).mul(y.sum()).sum()),
    };
    const x = { a: f64([0.3, 0.1]), b: { c: f64(0.5) } };
    const options = { method: 'unroll', steps: 5, learningRate: 0.1 } as const;
    const reverse = hypergradient(split, options)(x, w).grad;
    const forward = hypergradient(split, { ...options, mode: 'forward' })(x, w).grad;
    expect(relativeError(forward, reverse)).toBeLessThan(1e-12);
    expect(forward.b.c.shape).toEqual([]);
  });

  it('keeps no iterates, so it has no checkpoints', () => {
    const both = { method: 'unroll', learningRate: 1, mode: 'forward', checkpoint: true } as const;
    expect(() => by(both)).toThrow(/checkpoint must be false with mode 'forward'/);
    expect(() => by({ method: 'unroll', learningRate: 1, mode: 'both' } as never)).toThrow(
      /mode must be 'reverse'/,
    );
  });
});

describe('inner optimizers', () => {
  type Rates = { rate: Tensor; decay: Tensor };
  const level: BilevelProblem<Rates, Tensor> = {
    upper: (_x, y) => problem.upper(t, y),
    lower: (_x, y) => problem.lower(t, y),
  };
  const at: Rates = { rate: f64(0.05), decay: f64(0.9) };
  const makers: Readonly<Record<string, (x: Rates) => ReturnType<typeof sgd>>> = {
    sgd: (x) => sgd({ learningRate: x.rate, momentum: x.decay }),
    adam: (x) => adam({ learningRate: x.rate, beta1: x.decay }),
    adamw: (x) => adamw({ learningRate: x.rate, weightDecay: x.decay }),
    rmsprop: (x) => rmsprop({ learningRate: x.rate, alpha: x.decay }),
  };
  for (const [name, optimizer] of Object.entries(makers))
    it(`${name}: hyperparameters that are part of x have derivatives`, () => {
      const options = { steps: 6, optimizer: optimizer as (x: Rates) => never };
      const { grad: slopes } = hypergradient(level, { method: 'unroll', ...options })(at, w.mul(0.3));
      const value = (v: Tensor): Tensor =>
        unrolled(level, options)({ rate: v.at(0), decay: v.at(1) }, w.mul(0.3))[0];
      const differences = f64(centralDifferences(value, f64([0.05, 0.9]), 1e-6));
      expect(relativeError([slopes.rate, slopes.decay], differences)).toBeLessThan(1e-5);
    });

  // y₂ has no gradient before the third step, so that √v is 0 there.
  const dead: BilevelProblem<Tensor, Tensor> = {
    upper: (_x, y) => y.sub(1).square().sum(),
    lower: (x, y) =>
      y
        .sub(x)
        .square()
        .mul(tensor([1, 0], { dtype: 'float64' }))
        .sum(),
  };

  it('Adam’s derivative is finite where √v is 0, first and second, in both modes', () => {
    for (const optimizer of [adam({ learningRate: 0.1 }), adam({ learningRate: 0.1, epsilonRoot: 1e-8 })])
      for (const mode of ['reverse', 'forward'] as const) {
        const of = (x: Tensor): Tensor =>
          hypergradient(dead, { method: 'unroll', steps: 4, optimizer, mode })(x, f64([0, 0])).grad;
        expect(flat(of(f64([0.5, 0.5]))).every(Number.isFinite)).toBe(true);
        expect(flat(of(f64([0.5, 0.5])))[1]).toBe(0);
        expect(flat(grad((x: Tensor) => of(x).sum())(f64([0.5, 0.5]))).every(Number.isFinite)).toBe(true);
      }
  });

  it('epsilonRoot bounds the derivative near a gradient of 0, and agrees with differences', () => {
    const slope = (epsilonRoot: number): number => {
      const optimizer = adam({ learningRate: 0.1, epsilonRoot });
      const f = (x: Tensor): Tensor => unrolled(dead, { steps: 1, optimizer })(x, f64([0, 0]))[0];
      const x = f64([1e-9, 0]);
      const got = flat(grad(f)(x))[0] ?? NaN;
      if (epsilonRoot > 0) {
        const differences = centralDifferences(f, x, 1e-8)[0] ?? NaN;
        expect(Math.abs(got / differences - 1)).toBeLessThan(1e-6);
      }
      return Math.abs(got);
    };
    expect(slope(0)).toBeGreaterThan(1e5);
    expect(slope(1e-6)).toBeLessThan(1e3);
  });
});

describe('nudged weights', () => {
  it('are where Betty leaves them with darts_multitask and sama_multitask', () => {
    const v = grad(problem.upper, 1)(t, w);
    const length = v.square().sum().sqrt();
    for (const [options, radius] of [
      [{ method: 'darts', nudge: true }, 0.01],
      [{ method: 'sama', nudge: true }, 1],
    ] as const) {
      const { aux, grad: got } = by(options, w);
      expect(relativeError(aux.y, w.sub(v.div(length).mul(radius)))).toBeLessThan(1e-12);
      expect(relativeError(got, by({ method: options.method }, w).grad)).toBe(0);
    }
    const tree: Tree = by({ method: 'sama' }, w).aux.y;
    expect(flat(tree)).toEqual(flat(w));
  });
});
