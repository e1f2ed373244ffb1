import { tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { accuracy, topKAccuracy } from '../src/index.js';

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

  it('refuse what does not fit', () => {
    expect(() => topKAccuracy({ k: 0 })).toThrow(
      'topKAccuracy: k must be a whole number of at least 1, got 0',
    );
    const metric = accuracy();
    expect(() => metric.update(metric.init(), outputs, targets.add(1))).toThrow('label 3 at position 0');
    expect(Number.isNaN(metric.result(metric.init()))).toBe(true);
  });
});
