import { describe, expect, it } from 'vitest';
import { jit } from '@core/tensor';
import { loraAttentionLoss, normGauge, normalizeForLora, randomLoraAttention } from '../../src/index.js';
import { distance, randomTensor, seeds, thrown } from '../support.js';
import { fullProblem, partialProblem, unevenProblem } from './problems.js';

const unit = Math.sqrt(Math.log(256));

describe('normGauge', () => {
  it('takes the largest entries of both factors of the scores, over √(ln L)', () => {
    const problem = partialProblem(2);
    const { norms, gauge } = normGauge(problem);
    expect(Object.keys(norms)).toEqual(['queries', 'keys']);
    expect(norms.queries.item()).toBeCloseTo(2, 12);
    expect(norms.keys.item()).toBeCloseTo(2, 12);
    expect(gauge.item()).toBeCloseTo(2 / unit, 12);
  });

  it('with adapted keys looks at the inputs and at the trained weight as well', () => {
    const problem = fullProblem();
    const { norms, gauge } = normGauge(problem);
    const [x, w] = [problem.inputs.key, problem.weights.key];
    expect(norms.keyInputs?.item()).toBe(x.abs().max().item());
    expect(norms.trainedKeys?.item()).toBe(x.matmul(w).abs().max().item());
    const most = Math.max(...Object.values(norms).map((norm) => norm.item()));
    expect(gauge.item()).toBeCloseTo(most / unit, 14);
  });

  it('works compiled', () => {
    expect(jit((p: ReturnType<typeof fullProblem>) => normGauge(p).gauge)(fullProblem()).item()).toBeCloseTo(normGauge(fullProblem()).gauge.item(), 13); // prettier-ignore
  });
});

describe('normalizeForLora', () => {
  it('makes the gauge what it shall be', () => {
    const problems = [fullProblem(), unevenProblem(randomTensor), ...seeds.map((seed) => randomLoraAttention({ length: 64, seed }))]; // prettier-ignore
    for (const problem of problems)
      for (const gauge of [0.05, 0.5, 3])
        expect(normGauge(normalizeForLora(problem, { gauge })).gauge.item()).toBeCloseTo(gauge, 12);
    const { norms } = normGauge(normalizeForLora(fullProblem(), { gamma: 0.5 }));
    expect(norms.queries.item()).toBeCloseTo(0.5, 13);
    expect(norms.keyInputs?.item()).toBeCloseTo(0.5, 13);
    expect(Math.max(norms.keys.item(), norms.trainedKeys?.item() ?? 0)).toBeCloseTo(0.5, 13);
  });

  it('rescales weights and B alike: the problem stays one of adapters on weights', () => {
    const problem = partialProblem(1);
    const twice = normalizeForLora(problem, { gamma: 2 });
    expect(distance(twice.weights.query, problem.weights.query.mul(2))).toBeLessThan(1e-12);
    expect(distance(twice.adapters.query?.B, problem.adapters.query?.B.mul(2))).toBeLessThan(1e-12);
    expect(distance(twice.adapters.query?.A, problem.adapters.query?.A)).toBe(0);
    expect(distance([twice.inputs, twice.weights.value, twice.target], [problem.inputs, problem.weights.value, problem.target])).toBe(0); // prettier-ignore
    // Scores are four times as large, which β can take back.
    expect(loraAttentionLoss({ ...twice, beta: 0.25 }).loss.item()).toBeCloseTo(loraAttentionLoss(problem).loss.item(), 8); // prettier-ignore
  });

  it('leaves weights of 0 as they are', () => {
    const problem = partialProblem(1);
    const zero = { ...problem, weights: { ...problem.weights, key: problem.weights.key.mul(0) } };
    expect(normalizeForLora(zero, { gamma: 2 }).weights.key.abs().max().item()).toBe(0);
  });

  it('says what is wrong', () => {
    const problem = fullProblem();
    expect(thrown(() => normalizeForLora(problem, {}))).toMatch(
      /^ARGUMENT: normalizeForLora: give one of gamma/,
    );
    expect(thrown(() => normalizeForLora(problem, { gamma: 1, gauge: 1 }))).toMatch('give one of');
    expect(thrown(() => normalizeForLora(problem, { gamma: NaN }))).toMatch('gamma must be a finite number greater than 0, got NaN'); // prettier-ignore
    const one = randomLoraAttention({ length: 1 });
    expect(thrown(() => normGauge(one))).toBe('ARGUMENT: normGauge: needs sequences of at least 2 elements, as ln 1 = 0'); // prettier-ignore
    expect(thrown(() => normGauge({ ...problem, alpha: NaN }))).toMatch('normGauge: alpha');
  });
});
