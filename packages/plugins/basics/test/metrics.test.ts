import { tensor, zeros } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import type { Metric } from '@core/registry';
import { describe, expect, it } from 'vitest';
import { accuracy, bitsPerCharacter, errorRate, perplexity, rmse, topKAccuracy } from '../src/index.js';

const outputs = tensor([[1, 3, 2], [9, 8, 7], [0, 1, 2]]); // prettier-ignore
const targets = tensor([2, 0, 0]).cast('int32');

describe('metrics', () => {
  it('count right answers over batches', () => {
    for (const [metric, expected] of [
      [accuracy(), 1 / 3],
      [topKAccuracy({ k: 2 }), 2 / 3],
      [topKAccuracy(), 1],
    ] as const) {
      let state = metric.init();
      state = metric.update(state, outputs.at([0, 1]), targets.at([0, 1]));
      state = metric.update(state, outputs.at([1, 3]), targets.at([1, 3]));
      expect(metric.result(state)).toBeCloseTo(expected, 15);
      expect(metric.goal).toBe('max');
    }
    expect([accuracy().name, topKAccuracy().name]).toEqual(['accuracy', 'top-5 accuracy']);
  });

  it('count every label of examples that have several', () => {
    const [sequences, labels] = [outputs.expandDims(0).tile([2, 1, 1]), targets.expandDims(0).tile([2, 1])];
    const all = [
      accuracy(),
      topKAccuracy({ k: 2 }),
      errorRate(),
      perplexity(),
      bitsPerCharacter(),
    ] as Metric[];
    for (const metric of all)
      expect(metric.result(metric.update(metric.init(), sequences, labels))).toBeCloseTo(
        metric.result(metric.update(metric.init(), outputs, targets)),
        14,
      );
    const metric = accuracy();
    expect(metric.update(metric.init(), sequences, labels)).toEqual({ correct: 2, count: 6 });
  });

  it('agree with their closed forms', () => {
    const value = (metric: Metric, out: Tensor, wanted: Tensor): number =>
      metric.result(metric.update(metric.init(), out, wanted));
    // Equal logits of four classes: four equally likely answers, two bits.
    const undecided = zeros([3, 4]);
    const labels = tensor([0, 3, 1]).cast('int32');
    expect(value(perplexity(), undecided, labels)).toBeCloseTo(4, 12);
    expect(value(bitsPerCharacter(), undecided, labels)).toBeCloseTo(2, 12);
    expect(value(errorRate(), outputs, targets)).toBe(2 / 3);
    expect(errorRate().result({ correct: 481, count: 500 })).toBe(0.038);
    expect(value(rmse(), tensor([[1], [5]]), tensor([[4], [1]]))).toBeCloseTo(Math.sqrt(12.5), 14);
    for (const metric of [errorRate(), perplexity(), bitsPerCharacter(), rmse()])
      expect(metric.goal).toBe('min');
  });

  it('refuse what does not fit', () => {
    expect(() => topKAccuracy({ k: 0 })).toThrow(
      'topKAccuracy: k must be a whole number of at least 1, got 0',
    );
    const metric = accuracy();
    expect(() => metric.update(metric.init(), outputs, targets.add(1))).toThrow('label 3 at position 0');
    expect(() => metric.update(metric.init(), outputs, targets.expandDims(1))).toThrow(
      'accuracy: needs outputs [..., classes] and labels [...], got [3,3] and [3,1]',
    );
    expect(() => rmse().update(rmse().init(), outputs, tensor([1, 2, 3]))).toThrow('one shape');
    expect(Number.isNaN(metric.result(metric.init()))).toBe(true);
  });
});
