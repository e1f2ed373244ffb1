import { jit, tensor, zeros } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { accuracy, confusionMatrix, topKAccuracy } from '../src/index.js';
import { expectError } from './support/checks.js';

const logits = tensor([
  [0.1, 0.7, 0.2],
  [3, 1, 2],
  [-1, -2, -3],
  [0, 1, 2],
]);
const labels = tensor([1, 2, 0, 1]).cast('int32');

describe('metrics', () => {
  it('accuracy counts largest logits at the label', () => {
    expect(accuracy(logits, labels).item()).toBe(0.5);
    expect(jit(accuracy)(logits, labels).item()).toBe(0.5);
  });

  it('topKAccuracy counts labels among the k largest', () => {
    expect(topKAccuracy(logits, labels, 1).item()).toBe(0.5);
    expect(topKAccuracy(logits, labels, 2).item()).toBe(1);
    expect(topKAccuracy(logits, labels, 9).item()).toBe(1);
  });

  it('confusionMatrix has labels in rows and predictions in columns', () => {
    expect(confusionMatrix(logits, labels).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 1],
      [1, 0, 0],
    ]);
    expect(confusionMatrix(logits, labels).dtype).toBe('int32');
  });

  it('refuse what does not fit', () => {
    for (const [name, f] of Object.entries({
      accuracy,
      topKAccuracy: (a: typeof logits, b: typeof labels) => topKAccuracy(a, b, 2),
      confusionMatrix,
    })) {
      expectError(() => f(logits, labels.expandDims(0)), 'SHAPE', `${name}: needs logits [n, classes]`);
      expectError(() => f(logits.at(0), labels), 'SHAPE', `got [3] and [4]`);
      expectError(() => f(logits, labels.cast('float32')), 'DTYPE', `${name}: labels must be int32`);
      expectError(
        () => f(logits, labels.add(1)),
        'INDEX',
        `${name}: label 3 at position 1 is not one of 0..2`,
      );
      expectError(
        () => f(zeros([0, 3]), zeros([0], { dtype: 'int32' })),
        'SHAPE',
        `${name}: needs at least one element, got float32[0,3]`,
      );
    }
    expectError(() => topKAccuracy(logits, labels, 0), 'ARGUMENT', 'k must be a whole number of at least 1');
  });
});
