import { describe, expect, it } from 'vitest';
import { adam } from '@plugins/optim';
import {
  countAccuracy,
  learnStructure,
  orderFromWeights,
  thresholdWeights,
  topoNonlinear,
} from '../../src/index.js';
import { flat } from '../support.js';
import { nonlinearModel } from './support.js';

describe('topoNonlinear', () => {
  const options = { hidden: [8], sizeSmall: 10, sizeLarge: 10, leastGain: 1e-3 } as const;

  it('falls to the loss of the true order, from orders far from it', () => {
    const solver = topoNonlinear(options);
    for (const seed of [1, 2, 3, 4]) {
      const { dag, samples, key } = nonlinearModel(seed, 5, 5, 300);
      const { solution } = learnStructure(solver, { samples }, { key });
      const curve = flat(solution.losses);
      expect(curve.every((loss, i) => i === 0 || loss < (curve[i - 1] ?? Infinity))).toBe(true);
      const start = { order: orderFromWeights(dag) };
      const { loss } = solver.init({ samples, start }, key);
      expect(curve.at(-1)! / flat(loss)[0]!).toBeLessThan(1.005);
      const found = thresholdWeights(solution.weights, 0.5);
      expect(countAccuracy(dag, found).structuralHammingDistance).toBeLessThanOrEqual(3);
    }
  });

  it('trains by any optimizer, on either loss, and goes on to the same bits', () => {
    const { samples, key } = nonlinearModel(4, 5, 5, 100);
    const byAdam = { ...options, optimizer: adam({ learningRate: 0.01, beta1: 0.99 }), iterations: 100 };
    for (const solver of [topoNonlinear(byAdam), topoNonlinear({ ...options, lossType: 'logl2' })]) {
      const whole = learnStructure(solver, { samples }, { key, rounds: 2 });
      const half = learnStructure(solver, { samples }, { key, rounds: 1 });
      const rest = half.finished
        ? half
        : learnStructure(solver, { samples }, { from: half.state, rounds: 1 });
      expect(flat(rest.state)).toEqual(flat(whole.state));
    }
  });

  it('says what is wrong', () => {
    expect(() => topoNonlinear({ lossType: 'l1' as never })).toThrow(/lossType must be 'l2' or 'logl2'/);
    expect(() => topoNonlinear({ hidden: [0] })).toThrow(/hidden must be widths of at least one layer/);
    expect(() => topoNonlinear({ optimizer: 'adam' as never })).toThrow(/optimizer must be an optimizer/);
  });
});
