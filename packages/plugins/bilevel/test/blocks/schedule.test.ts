import { describe, expect, it } from 'vitest';
import { linalg, random, tree, type Tensor } from '@core/tensor';
import {
  blockHypergradient,
  bsvrb,
  bsvrbPresets,
  powerLaw,
  msvr,
  solve,
  type BlockProblem,
} from '../../src/index.js';
import { f64, flat, normal, relativeError } from '../support.js';

const [m, p, q] = [4, 2, 3];
const roots = normal(1, [m, q, q]);
const h = roots
  .matmul(roots.transpose([0, 2, 1]))
  .div(q)
  .add(f64([[1, 0, 0], [0, 1, 0], [0, 0, 1]])); // prettier-ignore
const [b, c] = [normal(2, [m, q, p]), normal(3, [m, q])];
const problem: BlockProblem<Tensor, Tensor, Tensor> = {
  blocks: m,
  upper: (i, x, y) => y.sub(c.take(i)).square().sum().mul(0.5).add(x.square().sum().mul(0.05)),
  lower: (i, x, y, noise) => {
    const value = y
      .mul(h.take(i).matmul(y))
      .sum()
      .mul(0.5)
      .sub(y.mul(b.take(i).matmul(x)).sum());
    return noise === undefined ? value : value.add(noise.mul(y).sum());
  },
  start: { x: f64([1, -1]), y: f64(Array.from({ length: m }, () => [0, 0, 0])) },
};
const noisy = {
  ...problem,
  sampler: (_i: Tensor, key: Tensor) => random.normal(key, [q], { dtype: 'float64' }).mul(0.3),
};
const bsvrbOf = bsvrb<Tensor, Tensor, Tensor>;

describe('rates that change', () => {
  it('constant schedules give the bits of numbers', () => {
    for (const version of [1, 2] as const) {
      const numbers = { alpha: 0.2, alphaBar: 0.3, tau: 0.1, tauBar: 0.2, eta: 0.05, beta: 0.4 };
      const schedules = Object.fromEntries(
        Object.entries(numbers).map(([name, value]) => [name, powerLaw({ value, exponent: 0 })]),
      );
      const run = (options: object) =>
        solve(bsvrbOf({ version, sampled: 2, ...options }), noisy, { steps: 20, every: 20 }).solution;
      expect(relativeError(run(schedules), run(numbers))).toBeLessThan(1e-12);
    }
  });

  it('γ is computed again for each step’s α, which is cut at 0.9', () => {
    // A step by hand: all estimates but s are left alone by rates of next to nothing.
    const alpha = powerLaw({ value: 5, exponent: 1 });
    const still = { tau: 1e-300, tauBar: 1e-300, eta: 1e-300 };
    const solver = bsvrbOf({ ...still, alpha, sampled: 1 });
    let state = solver.init(problem, random.key(1));
    for (let k = 0; k < 12; k++) {
      const used = Math.min(0.9, 5 / (1 + k));
      const gamma = 3 / (1 - used) + 1 - used;
      expect(msvr({ alpha: f64(5 / (1 + k)), blocks: m, sampled: 1 }).gamma).toSatisfy(
        (value: Tensor) => Math.abs(value.item() - gamma) < 1e-10 * gamma,
      );
      // h is the same at both points, so a sampled row moves by the share α towards it
      const shifted = { ...state, s: state.s.add(1) };
      const next = solver.step(problem, shifted).state;
      const moved = flat(next.s.sub(shifted.s)).filter((value) => value !== 0);
      expect(moved).toHaveLength(q);
      for (const value of moved) expect(Math.abs(value + used)).toBeLessThan(1e-9);
      state = { ...next, s: state.s };
    }
  });

  it('with the theory’s rates comes nearer than with the constants they begin at, for three seeds', () => {
    const exact = (x: Tensor): number => {
      const y = linalg.solve(h, b.matmul(x).expandDims(2)).squeeze(2);
      return Math.hypot(...flat(blockHypergradient(problem)(x, y)));
    };
    const end = (options: object, seed: number): number =>
      exact(
        solve(bsvrbOf({ sampled: 2, eta: 0.05, ...options }), noisy, {
          steps: 4000,
          every: 4000,
          key: random.key(seed),
        }).solution.x,
      );
    const mean = (options: object): number =>
      [1, 2, 3].reduce((sum, seed) => sum + end(options, seed) / 3, 0);
    expect(mean({ ...bsvrbPresets.theory(), eta: powerLaw({ value: 0.05, exponent: 1 / 3, offset: 100 }) })).toBeLessThan(mean({}) / 2); // prettier-ignore
  });

  it('the authors’ constants are accepted, with γ = 1', () => {
    const solver = bsvrbOf({ ...bsvrbPresets.authors({ version: 1 }), sampled: 2 });
    const { solution } = solve(solver, problem, { steps: 50, every: 50 });
    expect(flat(solution).every(Number.isFinite)).toBe(true);
  });

  it('goes on to the same bits from a state in the middle of a schedule', () => {
    const solver = bsvrbOf({ ...bsvrbPresets.theory({ offset: 5 }), sampled: 2 });
    const whole = solve(solver, noisy, { steps: 30, every: 10 });
    const half = solve(solver, noisy, { steps: 10, every: 10 });
    const rest = solve(solver, noisy, { steps: 20, every: 10, from: half.state });
    expect(tree.leaves(rest.state).map((leaf) => flat(leaf))).toEqual(
      tree.leaves(whole.state).map((leaf) => flat(leaf)),
    );
  });
});
