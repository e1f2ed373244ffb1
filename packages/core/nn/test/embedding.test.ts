import { grad, random, tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { embed, embedding, zerosInitializer } from '../src/index.js';
import { expectClose, expectError, normal } from './support/checks.js';

describe('embedding', () => {
  const weight = normal(1, [4, 3]);

  it('looks rows up, for ids of any shape', () => {
    const ids = tensor([[3, 0], [3, 1]]); // prettier-ignore
    const y = embed(ids.cast('int32'), weight);
    expect(y.shape).toEqual([2, 2, 3]);
    expectClose(y.at(1, 0), weight.at(3));
    expectClose(embed(tensor(2).cast('int32'), weight), weight.at(2));
  });

  it('gives each row the sum of its uses as gradient', () => {
    const ids = tensor([1, 1, 3]).cast('int32');
    const slope = grad((w: typeof weight) => embed(ids, w).sum())(weight);
    expect(slope.sum(1).toArray()).toEqual([0, 6, 0, 3]);
  });

  it('takes an initialiser', () => {
    const layer = embedding(4, 2, { initializer: zerosInitializer });
    expect(layer.init(random.key(1), []).params.weight.toArray()).toEqual(new Array(4).fill([0, 0]));
  });

  it('refuses other ids', () => {
    expectError(() => embed(tensor([0.5]), weight), 'DTYPE', 'embedding: ids must be int32, got float32[1]');
    for (const id of [-1, 4])
      expectError(
        () => embed(tensor([0, id]).cast('int32'), weight),
        'INDEX',
        `embedding: id ${id} at position 1 is not one of 0..3`,
      );
    expectError(() => embedding(0, 3), 'ARGUMENT', 'embedding: count must be a whole number of at least 1');
    expectError(() => embedding(3, 1.5), 'ARGUMENT', 'embedding: size must be a whole number of at least 1');
  });
});
