import { describe, expect, it } from 'vitest';
import { grad, random, type Tensor } from '@core/tensor';
import { adam, sgd } from '@plugins/optim';
import {
  adamPreconditioner,
  bilevelLoop,
  bome,
  hypergradient,
  solve,
  stepPreconditioner,
  type BilevelProblem,
} from '../../src/index.js';
import { ridge } from '../ridge.js';
import { normal, relativeError } from '../support.js';

const { problem: level, solution, objective, penalties: t } = ridge(1);
const w = solution(t);
const problem: BilevelProblem<Tensor, Tensor> = { ...level, start: { x: t, y: w.mul(0.5) } };

describe('bilevelLoop', () => {
  it('by bome with its lower rate and no inner steps is the solver bome', () => {
    const own = bome<Tensor, Tensor>({ learningRate: 0.05, innerSteps: 6, innerLearningRate: 0.2, eta: 1.5 });
    const loop = bilevelLoop<Tensor, Tensor>({
      hypergradient: { method: 'bome', steps: 6, learningRate: 0.2, eta: 1.5, lowerRate: 0.05 },
      innerSteps: 0,
      outerLearningRate: 0.05,
    });
    const [a, b] = [solve(own, problem, { steps: 25 }), solve(loop, problem, { steps: 25 })];
    expect(relativeError(b.solution, a.solution)).toBeLessThan(1e-13);
    expect(b.history.at(-1)?.oracleCalls).toBe(a.history.at(-1)?.oracleCalls);
  });

  it('by f2sa and by forward mode lowers the objective', () => {
    for (const hypergradient of [
      { method: 'f2sa', steps: 10, learningRate: 0.15, lambda: 1e3 },
      { method: 'unroll', steps: 10, learningRate: 0.15, mode: 'forward' },
    ] as const) {
      const loop = bilevelLoop<Tensor, Tensor>({ hypergradient, innerSteps: 0, outerLearningRate: 0.3 });
      const { solution: at } = solve(loop, problem, { steps: 60, every: 60 });
      expect(objective(at.x).item()).toBeLessThan(objective(t).item() - 0.005);
    }
  });

  it('goes on from nudged weights', () => {
    const options = { innerLearningRate: 0.1, outerLearningRate: 0.1 };
    const nudged = bilevelLoop<Tensor, Tensor>({
      ...options,
      hypergradient: { method: 'sama', nudge: true },
    });
    const plain = bilevelLoop<Tensor, Tensor>({ ...options, hypergradient: { method: 'sama' } });
    const [a, b] = [nudged, plain].map((loop) => solve(loop, problem, { steps: 1 }).solution);
    expect(relativeError(a?.x, b?.x)).toBe(0);
    const v = grad(level.upper, 1)(t, b?.y ?? w);
    const back = b?.y.sub(v.div(v.square().sum().sqrt()));
    expect(relativeError(a?.y, back)).toBeLessThan(1e-12);
  });

  it('by sama takes P from the last inner step', () => {
    const inner = adam({ learningRate: 0.05 });
    const loop = bilevelLoop<Tensor, Tensor>({
      hypergradient: { method: 'sama' },
      precondition: 'innerStep',
      innerSteps: 3,
      innerOptimizer: inner,
      outerLearningRate: 0.1,
    });
    const { solution: got } = solve(loop, problem, { steps: 1 });
    let [y, state] = [w.mul(0.5), inner.init(w)];
    let before = { gradient: y, state, params: y };
    for (let k = 0; k < 3; k++) {
      before = { gradient: grad(level.lower, 1)(t, y), state, params: y };
      const moved = inner.update(before.gradient, state, y);
      [y, state] = [y.add(moved.updates as Tensor), moved.state];
    }
    const precondition = stepPreconditioner<Tensor>(inner, before);
    const want = hypergradient(level, { method: 'sama', precondition })(t, y).grad;
    expect(relativeError(got.x, t.sub(want.mul(0.1)))).toBeLessThan(1e-12);
    expect(relativeError(got.y, y)).toBeLessThan(1e-13);
  });
});

describe('stepPreconditioner', () => {
  it('of SGD is the rate, and of Adam the formula of SAMA but for bias corrections', () => {
    const v = normal(80, [8]);
    const bySgd = stepPreconditioner<Tensor>(sgd({ learningRate: 0.3 }), {
      gradient: v,
      state: sgd({ learningRate: 0.3 }).init(w),
      params: w,
    });
    expect(relativeError(bySgd(v), v.mul(0.3))).toBeLessThan(1e-14);

    // After many steps the corrections are 1.
    const inner = adam({ learningRate: 0.01, beta1: 0.5, beta2: 0.9, epsilon: 1e-12 });
    let state = inner.init(w);
    let before = state;
    let gradient = v;
    for (let k = 0; k < 300; k++) {
      before = state;
      gradient = random.normal(random.key(k), [8], { dtype: 'float64' });
      state = inner.update(gradient, state, w).state;
    }
    const byStep = stepPreconditioner<Tensor>(inner, {
      gradient,
      state: before,
      params: w,
    });
    const formula = adamPreconditioner<Tensor>({
      gradient,
      firstMoment: state.moments.m as Tensor,
      secondMoment: state.moments.v as Tensor,
      learningRate: 0.01,
      beta1: 0.5,
      beta2: 0.9,
      epsilon: 0,
    });
    expect(relativeError(byStep(v), formula(v))).toBeLessThan(1e-8);
  });

  it('is refused where there is no step to take it from', () => {
    const make = (options: object) => () =>
      bilevelLoop<Tensor, Tensor>({
        hypergradient: { method: 'sama' },
        precondition: 'innerStep',
        outerLearningRate: 1,
        ...options,
      });
    const words =
      /precondition must be 'innerStep' only with method 'sama', an innerOptimizer and inner steps/;
    expect(make({ innerLearningRate: 1 })).toThrow(words);
    expect(make({ innerOptimizer: sgd({ learningRate: 1 }), hypergradient: { method: 'darts' } })).toThrow(
      words,
    );
    expect(() => stepPreconditioner(3 as never, {} as never)).toThrow(/optimizer must be an optimizer/);
  });
});
