import { describe, expect, it } from 'vitest';
import { grad, jit, scan, type Tensor, type Tree } from '@core/tensor';
import {
  applyUpdates,
  kappas,
  lion,
  lionK,
  lionLyapunov,
  sgd,
  type LionState,
  type Optimizer,
} from '../../src/index.js';
import { f64, flat, follow, someParams, thrown } from '../support.js';
import { cases, decay, leastSquares, optimum } from './problem.js';

const problem = leastSquares(1);

/** Runs Lion-K from near 0, and looks at every step. */
function run(name: string, learningRate: number, steps: number) {
  const { kappa, prox } = cases[name] ?? { kappa: kappas.l1(), prox: undefined };
  const options = { learningRate, weightDecay: decay, kappa };
  const optimizer = lionK(options);
  const energy = lionLyapunov({ loss: problem.loss, ...options });
  const start = f64([0.1, -0.1, 0.2, 0, 0.1, -0.2, 0.1, 0, -0.1, 0.1]);
  const all = jit((x: Tensor) => {
    const state = optimizer.init(x);
    const [end, seen] = scan(
      (at: { x: Tensor; state: typeof state }) => {
        const { updates, state: next } = optimizer.update(grad(problem.loss)(at.x), at.state, at.x);
        const moved = applyUpdates(at.x, updates as Tensor); // the tree is one tensor
        return [
          { x: moved, state: next },
          { energy: energy(moved, next), path: moved.sub(at.x).square().sum() },
        ] as const;
      },
      { x, state },
      null,
      { length: steps },
    );
    return { x: end.x, first: energy(x, state), ...seen };
  });
  const { x, first, energy: after, path } = all(start);
  const energies = [first.item(), ...flat(after)];
  const rises = flat(path).map((square, i) => (energies[i + 1] ?? NaN) - (energies[i] ?? NaN) - (problem.smoothness / 2) * square); // prettier-ignore
  const objective = (at: Tensor): number =>
    problem.loss(at).item() + kappa.conjugate(at.mul(decay)).item() / decay;
  return {
    x,
    energies,
    worst: Math.max(...rises),
    gap: prox === undefined ? 0 : objective(x) - objective(f64(optimum(problem, prox))),
  };
}

describe('the Lyapunov function falls, but for what the last step’s length allows', () => {
  const gaps: Readonly<Record<string, readonly [coarse: number, fine: number]>> = {
    huber: [1e-9, 1e-9],
    l1: [5e-4, 1e-5],
    softL1: [5e-4, 1e-5],
  };
  const largest = (y: readonly number[]): number => Math.max(...y);
  const borders: Readonly<Record<string, (y: readonly number[]) => number>> = {
    l1: largest,
    huber: largest,
    softL1: largest,
    l2: (y) => Math.hypot(...y),
    topK: (y) => y.reduce((sum, v) => sum + v, 0) / 3,
  };
  describe.each(Object.keys(cases))('%s', (name) => {
    it.each([
      [1e-2, 20_000],
      [1e-3, 40_000],
    ] as const)('rate %d, %i steps', (rate, steps) => {
      const { x, worst, gap, energies } = run(name, rate, steps);
      expect(worst).toBeLessThanOrEqual(1e-9);
      expect(energies.at(-1)).toBeLessThan(energies[0] ?? 0);
      const [coarse, fine] = gaps[name] ?? [Infinity, Infinity];
      expect(Math.abs(gap)).toBeLessThan(rate === 1e-2 ? coarse : fine);
      // Where it ends: on the border that this K draws.
      const y = flat(x).map((v) => Math.abs(decay * v));
      const norm = borders[name]?.(y);
      if (norm !== undefined) expect(Math.abs(norm - 1)).toBeLessThan(1e-6);
      console.info(
        `${name}, rate ${rate}: largest rise beyond the slack ${worst.toExponential(1)}, gap ${gap.toExponential(1)}, norm ${norm}`,
      );
    });
  });
});

describe('as a metric', () => {
  const params = someParams(1);
  const loss = (p: typeof params): Tensor => p.scale.square();
  const state = follow(lion({ weightDecay: 0.1 }), params, [someParams(2)]).state;

  it('takes the states of lion and lionK, also compiled, and says f + K without decay', () => {
    const m = flat(state.moments.m).reduce((sum, x) => sum + Math.abs(x), 0);
    const share = (1e-4 * 0.9) / (1 - 0.99);
    const energy = lionLyapunov({ loss });
    expect(energy(params, state).item()).toBeCloseTo(loss(params).item() + share * m, 12);
    expect(jit(energy)(params, state).item()).toBeCloseTo(energy(params, state).item(), 12);
    const narrow = lion({ momentumDType: 'float32' }).init(params);
    expect(energy(params, narrow).item()).toBeCloseTo(loss(params).item(), 12);
  });

  it('is a measure of both, with the numbers of the step, whatever they are', () => {
    const at = { params, loss: loss(params) };
    const measure = (optimizer: Optimizer<LionState>, of: LionState): number =>
      optimizer.measures?.(of, at)['lyapunov']?.item() ?? NaN;
    for (const kappa of [kappas.l1(), kappas.huber(0.3), kappas.quadratic()])
      for (const scope of ['leaf', 'tree'] as const) {
        const options = { learningRate: 0.01, beta1: 0.8, beta2: 0.95, weightDecay: 0.2, kappa, scope };
        const want = lionLyapunov({ loss, ...options })(params, state).item();
        const made = lionK(options);
        const after = follow(made, params, [someParams(2)]).state;
        const own = lionLyapunov({ loss, ...options })(params, after).item();
        expect(Number.isFinite(want)).toBe(true);
        expect(measure(made, after)).toBeCloseTo(own, 12);
        const scheduled = lionK({ ...options, learningRate: () => 0.01, weightDecay: f64(0.2) });
        expect(measure(scheduled, after)).toBeCloseTo(own, 12);
      }
    expect(measure(lion(), lion().init(params))).toBeCloseTo(at.loss.item(), 12);
  });

  it('leaves that do not decay count with λ = 0', () => {
    const matrices = (_path: string, p: Tensor): boolean => p.ndim > 1;
    const options = { learningRate: 0.01, weightDecay: 0.2, weightDecayMask: matrices };
    const at = { params, loss: loss(params) };
    const energy = (weightDecay: number, part: Tree, m: Tree): number =>
      lionLyapunov({ loss: () => f64(0), learningRate: 0.01, weightDecay })(part, { ...state, moments: { ...state.moments, m } }).item(); // prettier-ignore
    const m = state.moments.m as typeof params; // of their structure
    const pick = (tree: typeof params, weights: boolean): Tree =>
      weights ? tree.layers.map(({ weight }) => weight) : [tree.scale, tree.layers.map(({ bias }) => bias)];
    const want = energy(0.2, pick(params, true), pick(m, true)) + energy(0, pick(params, false), pick(m, false)); // prettier-ignore
    const got = lion(options).measures?.({ ...lion(options).init(params), moments: state.moments }, at); // prettier-ignore
    expect(got?.['lyapunov']?.item()).toBeCloseTo(want + at.loss.item(), 12);
    const whole = lionK({ ...options, scope: 'tree' });
    expect(whole.measures?.(whole.init(params), at)).toEqual({});
  });

  it('is infinite where the constraint is not met', () => {
    expect(lionLyapunov({ loss, weightDecay: 100 })(params, state).item()).toBe(Infinity);
    expect(lionLyapunov({ loss, weightDecay: 0.01, kappa: kappas.l2(), scope: 'tree' })(params, state).item()).toBeLessThan(Infinity); // prettier-ignore
  });

  it.each([
    [
      'no loss',
      () => lionLyapunov({} as never),
      'ARGUMENT: lionLyapunov: loss is missing; it has no default',
    ],
    ['a schedule', () => lionLyapunov({ loss, learningRate: (() => 1) as never }), /learningRate must be a finite number of at least 0, got a function$/], // prettier-ignore
    ['another state', () => lionLyapunov({ loss })(params, sgd({ learningRate: 1 }).init(params) as never), /^TREE: lionLyapunov: state must be one of lion or lionK/], // prettier-ignore
    ['another model’s state', () => lionLyapunov({ loss })(params, lion().init(f64([1]))), /^TREE: lionLyapunov: params and m/], // prettier-ignore
  ] as const)('refuses %s', (_, call, message) => {
    if (typeof message === 'string') expect(thrown(call)).toBe(message);
    else expect(thrown(call)).toMatch(message);
  });
});
