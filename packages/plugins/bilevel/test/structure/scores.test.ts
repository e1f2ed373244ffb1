import { describe, expect, it } from 'vitest';
import { grad, jit, random, tensor, type Tensor } from '@core/tensor';
import { lasso, learnStructure, leastSquares, logisticL1, orderToMask, ridge, topoLinear, type StructureScore } from '../../src/index.js'; // prettier-ignore
import { flat, normal } from '../support.js';
import { linearModel } from './support.js';

const { samples, key } = linearModel(7, 6, 9, 200);
const binary = random.bernoulli(random.key(3), 0.4, [200, 6]).cast('float64');

const scores: Readonly<Record<string, { readonly score: StructureScore; readonly data: Tensor }>> = {
  leastSquares: { score: leastSquares(), data: samples },
  ridge: { score: ridge(0.3), data: samples },
  lasso: { score: lasso(0.2), data: samples },
  'logisticL1, official': { score: logisticL1(), data: binary },
  'logisticL1, fitted': { score: logisticL1(5, { penalty: 'fitted' }), data: binary },
};

describe.each(Object.entries(scores))('%s', (name, { score, data }) => {
  it('gives the slope of its loss, in jit as well', () => {
    const weights = normal(1, [6, 6]).mul(0.3); // no entry is 0, where |w| has no derivative
    const { grad: slope } = score.score(data, weights);
    const traced = grad((w: Tensor) => score.score(data, w).loss)(weights);
    flat(traced).forEach((g, at) => expect(flat(slope)[at]).toBeCloseTo(g, 10));
    const compiled = jit((w: Tensor) => score.score(data, w).grad)(weights);
    flat(compiled).forEach((g, at) => expect(g).toBeCloseTo(flat(slope)[at]!, 12));
  });

  it('is what the search compares, and has no slope left where the order allows edges', () => {
    const { solution, state } = learnStructure(topoLinear({ score }), { samples: data }, { key });
    const { loss, grad: slope } = score.score(data, solution.weights);
    expect(loss.item() / flat(state.loss)[0]!).toBeCloseTo(1, 10);
    // The official penalty of logistic scores is not that of the regressions.
    if (name.endsWith('official')) return;
    const forbidden = flat(orderToMask(flat(solution.order)));
    flat(slope).forEach((g, at) => expect(forbidden[at] === 1 || Math.abs(g) < 1e-5).toBe(true));
  });

  it('fits a node as the search does', () => {
    const order = [0, 1, 2, 3, 4, 5];
    const { weights } = topoLinear({ score }).init({ samples: data, start: { order } }, key);
    const take = (at: readonly number[]): Tensor => data.take(tensor(Int32Array.from(at)), 1);
    const fitted = flat(score.fit(take([0, 1, 2, 3, 4]), take([5]).reshape([-1])));
    fitted.forEach((w, a) => expect(w).toBeCloseTo(flat(weights)[a * 6 + 5]!, 6));
  });
});

it('refuses weights of penalties that make no sense', () => {
  expect(() => ridge(-1)).toThrow(/ridge: lambda must be a finite number of at least 0, got -1/);
  expect(() => lasso(NaN)).toThrow(/lasso: alpha must be a finite number of at least 0, got NaN/);
  expect(() => lasso(1, { sweeps: 0 })).toThrow(/lasso: sweeps must be a whole number of at least 1/);
  expect(() => logisticL1(0)).toThrow(/logisticL1: c must be a finite number greater than 0, got 0/);
  expect(() => logisticL1(1, { penalty: 'none' as never })).toThrow(/penalty must be 'official' or 'fitted'/);
});
