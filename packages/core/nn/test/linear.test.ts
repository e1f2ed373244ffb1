import { random, tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { dense, linear, orthogonal } from '../src/index.js';
import { expectClose, expectError, normal } from './support/checks.js';

describe('dense', () => {
  it('computes x·Wᵀ + b', () => {
    const weight = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const x = tensor([[1, -1]]);
    expect(linear(x, { weight }).toArray()).toEqual([[-1, -1, -1]]);
    expect(linear(x, { weight, bias: tensor([1, 2, 3]) }).toArray()).toEqual([[0, 1, 2]]);
    expect(linear(x.at(0), { weight }).toArray()).toEqual([-1, -1, -1]);
  });

  it('starts as PyTorch: weight and bias within 1/√inputs; with an initialiser the bias is 0', () => {
    const { params } = dense(200).init(random.key(1), [25]);
    for (const part of [params.weight, params.bias!]) {
      expect(part.abs().max().item()).toBeLessThanOrEqual(0.2);
      expect(part.abs().max().item()).toBeGreaterThan(0.19);
    }
    const own = dense(4, { initializer: orthogonal() }).init(random.key(1), [4], { dtype: 'float64' }).params;
    expectClose(own.weight.matmul(own.weight.transpose()), tensor([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], { dtype: 'float64' })); // prettier-ignore
    expect(own.bias!.toArray()).toEqual([0, 0, 0, 0]);
  });

  it('refuses what does not fit', () => {
    const { params } = dense(2).init(random.key(1), [3]);
    expectError(
      () => dense(2).apply(params, {}, normal(1, [4, 5])),
      'SHAPE',
      'linear: input has 5 features, the layer was built for 3',
    );
    expectError(() => dense(2).init(random.key(1), []), 'SHAPE', 'dense: examples must have the shape');
    expectError(() => dense(2).init(random.key(1), [0]), 'SHAPE', 'got [0]');
    expectError(() => dense(-1), 'ARGUMENT', 'dense: size must be a whole number of at least 1, got -1');
    expectError(() => dense(2).init(random.key(1), [3], { dtype: 'int32' }), 'DTYPE', 'int32');
    expectError(() => dense(2).init(tensor(1), [3]), 'DTYPE', 'key');
  });
});
