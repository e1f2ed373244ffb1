import { describe, expect, it } from 'vitest';
import { jit, scan, type Tensor } from '@core/tensor';
import { kappas, lionFlow, type LionFlowState } from '../../src/index.js';
import { distance, f64, flat, thrown } from '../support.js';
import { decay, leastSquares } from './problem.js';

const { loss } = leastSquares(1);

describe.each([
  [1, 1, 0.1],
  [2, 0.5, 0.3],
  [1, 1, 1],
] as const)('alpha %d, gamma %d, epsilon %d', (alpha, gamma, epsilon) => {
  // prettier-ignore
  it.each([
    ['huber', kappas.huber(0.5), 1e-12],
    ['l1', kappas.l1(), 1e-5],
    ['softL1', kappas.softL1(0.5), 1e-5],
  ] as const)('the energy of %s does not rise', (name, kappa, bound) => {
    const flow = lionFlow({ loss, kappa, alpha, gamma, epsilon, weightDecay: decay, timeStep: 1e-3 });
    const run = jit((x: Tensor) => {
      const start = flow.init(x);
      const [, energies] = scan(
        (at: LionFlowState<Tensor>) => {
          const next = flow.step(at);
          return [next, flow.energy(next)] as const;
        },
        start,
        null,
        { length: 20_000 },
      );
      return { first: flow.energy(start), energies };
    });
    const { first, energies } = run(f64([0.1, -0.1, 0.2, 0, 0.1, -0.2, 0.1, 0, -0.1, 0.1]));
    const all = [first.item(), ...flat(energies)];
    const worst = all.slice(1).reduce((most, e, i) => Math.max(most, e - (all[i] ?? 0)), -Infinity);
    console.info(`flow of ${name}, ${alpha} ${gamma} ${epsilon}: largest rise ${worst.toExponential(1)}`);
    expect(worst).toBeLessThanOrEqual(bound);
    expect(all.at(-1)).toBeLessThan(all[0] ?? 0);
  });
});

describe('the flow', () => {
  it('in steps of 1 - β₂ is Lion, in trees, and without decay too', () => {
    const flow = lionFlow({
      loss: (p: { w: Tensor }) => p.w.square().sum().mul(0.5),
      timeStep: 0.01,
      epsilon: 0.1,
    });
    let at = flow.init({ w: f64([1, -2]) });
    at = flow.step(at);
    // m' = -g, x' = sign(-ε g): m = -0.01 g, x = x - 0.01 sign(g).
    expect(distance(at, { params: { w: f64([0.99, -1.99]) }, m: { w: f64([-0.01, 0.02]) } })).toBeLessThan(
      1e-15,
    );
    expect(flow.energy(at).item()).toBeCloseTo(0.5 * (0.99 ** 2 + 1.99 ** 2) + 0.9 * 0.03, 12);
  });

  it.each([
    ['no loss', () => lionFlow({} as never), 'ARGUMENT: lionFlow: loss is missing; it has no default'],
    ['a look too far ahead', () => lionFlow({ loss, epsilon: 2 }), 'ARGUMENT: lionFlow: epsilon · gamma must be at most 1, got 2 · 1'], // prettier-ignore
    ['time that stands still', () => lionFlow({ loss, timeStep: 0 }), /timeStep must be a finite number greater than 0, got 0$/], // prettier-ignore
  ] as const)('refuses %s', (_, call, message) => {
    if (typeof message === 'string') expect(thrown(call)).toBe(message);
    else expect(thrown(call)).toMatch(message);
  });
});
