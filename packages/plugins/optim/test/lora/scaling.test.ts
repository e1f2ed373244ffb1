import { describe, expect, it } from 'vitest';
import { profile } from '@core/tensor';
import {
  loraAttentionLoss,
  loraGradApprox,
  measureScaling,
  normGauge,
  randomLoraAttention,
  type LoraAttention,
} from '../../src/index.js';
import { distance, thrown } from '../support.js';

/** Counted, not timed. */
const operations = (run: () => unknown): number =>
  profile(run).kernels.reduce((sum, kernel) => sum + kernel.operations, 0);

describe('measureScaling', () => {
  it('the approximation is linear in the length where the exact gradient is quadratic', () => {
    const slope = (run: (problem: LoraAttention) => unknown): number => {
      const [few, many] = [512, 2048].map((length) => operations(() => run(randomLoraAttention({ length, gamma: 0.5 })))); // prettier-ignore
      return Math.log(many! / few!) / Math.log(4);
    };
    expect(slope((problem) => loraAttentionLoss(problem))).toBeGreaterThan(1.9);
    expect(slope((problem) => loraGradApprox(problem, { degree: 6 }))).toBeLessThan(1.1);
    const { rows, exactSlope } = measureScaling({ lengths: [128, 256], repeats: 1 });
    expect(rows.map(({ length }) => length)).toEqual([128, 256]);
    expect(exactSlope).not.toBeNaN();
    for (const { error } of rows) expect(error).toBeLessThan(1e-8);
  });

  it('says what is wrong', () => {
    expect(thrown(() => measureScaling({ lengths: [] }))).toBe('ARGUMENT: measureScaling: lengths must be a list of whole numbers of at least 2, got []'); // prettier-ignore
    expect(thrown(() => measureScaling({ gamma: 0 }))).toMatch(
      'gamma must be a finite number greater than 0, got 0',
    );
    expect(thrown(() => measureScaling({ repeats: 0 }))).toMatch(
      'repeats must be a whole number of at least 1',
    );
  });
});

describe('randomLoraAttention', () => {
  it('draws the same problem from the same seed, in the given sizes', () => {
    const options = { length: 6, features: 3, rank: 1, adapt: 'query, key, value', seed: 5 } as const;
    const problem = randomLoraAttention(options);
    expect(distance(problem, randomLoraAttention(options))).toBe(0);
    expect(distance(problem, randomLoraAttention({ ...options, seed: 6 }))).toBeGreaterThan(0.1);
    expect(problem.inputs.query.shape).toEqual([6, 3]);
    expect(Object.values(problem.adapters).map(({ A, B }) => [A.shape, B.shape])).toEqual([[[1, 3], [3, 1]], [[1, 3], [3, 1]], [[1, 3], [3, 1]]]); // prettier-ignore
    expect(normGauge(randomLoraAttention({ length: 9, gamma: 2 })).norms.keys.item()).toBeCloseTo(2, 12);
    expect(thrown(() => randomLoraAttention({} as never))).toMatch('length is missing');
  });
});
