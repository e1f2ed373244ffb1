import { jit, random, tensor, tree, valueAndGrad } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { mse } from '@core/nn';
import { describe, expect, it } from 'vitest';
import { factorization, ratings, rmse } from '../../src/index.js';

const key = random.key(1);
const pairs = (...rows: number[][]): Tensor => tensor(rows).cast('int32');

describe('factorization', () => {
  it('is mean, biases and a product of vectors', () => {
    const model = factorization({ users: 3, items: 2, rank: 2 });
    const { params, outputShape } = model.init(key, [2]);
    expect(tree.paths(params)).toEqual(['item.bias', 'item.weight', 'mean', 'user.bias', 'user.weight']);
    expect(outputShape).toEqual([1]);
    const known = {
      user: { weight: tensor([[1, 2], [3, 4], [5, 6]]), bias: tensor([10, 20, 30]) }, // prettier-ignore
      item: { weight: tensor([[7, 8], [9, 10]]), bias: tensor([100, 200]) }, // prettier-ignore
      mean: tensor([1000]),
    };
    const { output } = model.apply(known, {}, pairs([0, 0], [2, 1], [1, 0]));
    expect(output.toArray()).toEqual([[1133], [1335], [1173]]);
  });

  it('moves only what a batch names', () => {
    const model = factorization({ users: 4, items: 3 });
    const { params } = model.init(key, [2]);
    const loss = (p: typeof params): Tensor => model.apply(p, {}, pairs([1, 2])).output.sum();
    const [, slope] = valueAndGrad(loss)(params);
    expect(slope.user.bias.toArray()).toEqual([0, 1, 0, 0]);
    expect(slope.item.bias.toArray()).toEqual([0, 0, 1]);
    expect(slope.user.weight.at(0).abs().max().item()).toBe(0);
    expect(slope.user.weight.at(1).toArray()).toEqual(params.item.weight.at(2).toArray());
  });

  it('finds ratings from others, close to the noise, where biases alone do not', async () => {
    const set = ratings({
      users: 60,
      items: 50,
      rank: 2,
      noise: 0.1,
      train: 2000,
      validation: 300,
      test: 600,
    });
    const [train, test] = [await set.load('train'), await set.load('test')];
    const error = (rank: number, useVectors: boolean): number => {
      const model = factorization({ users: 60, items: 50, rank });
      let { params } = model.init(key, [2]);
      const objective = (p: typeof params): Tensor =>
        mse(model.apply(p, {}, train.inputs).output, train.targets);
      const step = jit((p: typeof params) => {
        const [, slope] = valueAndGrad(objective)(p);
        // Every row is in a few dozen of the 2000 examples only.
        const scaled = { ...slope, mean: slope.mean.mul(0.01) };
        return tree.map((x, g) => x.sub(g.mul(10)), p, scaled);
      });
      const still = tree.map((x) => x.mul(0), params.user.weight);
      for (let i = 0; i < 400; i++) {
        params = step(params);
        if (!useVectors) params = { ...params, user: { ...params.user, weight: still } };
      }
      const metric = rmse();
      const { output } = model.apply(params, {}, test.inputs);
      return metric.result(metric.update(metric.init(), output, test.targets));
    };
    expect(error(2, true)).toBeLessThan(0.2);
    expect(error(2, false)).toBeGreaterThan(0.5);
  });

  it('refuses what does not fit', () => {
    expect(() => factorization({ users: 0 })).toThrow('users must be a whole number of at least 1, got 0');
    const model = factorization({ users: 3, items: 3 });
    expect(() => model.init(key, [3])).toThrow('examples must have the shape [2] (user, item), got [3]');
    const { params } = model.init(key, [2]);
    expect(() => model.apply(params, {}, tensor([[0, 1]]))).toThrow('must be int32 numbers, got float32');
    expect(() => model.apply(params, {}, pairs([0, 1, 2]))).toThrow('must have the shape [batch, 2]');
    expect(() => model.apply(params, {}, pairs([0, 3]))).toThrow('id 3 at position 0 is not one of 0..2');
  });
});
